"""The page's charts, as SVG that takes its colours from the page, so that it can be read in light and in dark."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import matplotlib
import numpy as np
import pandas as pd
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.comparison.board import Board, Measure
from reports.comparison.ties import half_width
from reports.style import ACCENT, FAINT, INK, MARKERS, MUTED, SERIES

_ROOM = {INK: "ink", MUTED: "muted", FAINT: "faint", ACCENT: "accent"}  # of colours, by their names in the style sheet
_ACROSS = 3  # panels


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture and what it says to those who cannot see it."""

    svg: Markup
    caption: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A metric's values over something, of one method."""

    name: str
    points: Sequence[tuple[float, float, float]]  # where, value, half of the 95 % interval (NaN: none)


def score_chart(board: Board, name: str) -> Chart:
    """A panel for each measure: a dot and its 95 % interval for each method, the ground truth as a dashed line."""
    rows = [place for place, row in enumerate(board.rows) if not row.is_ground_truth]
    across = min(_ACROSS, len(board.measures))
    down = -(-len(board.measures) // across)
    height = down * (0.75 + 0.3 * max(len(rows), 1))
    figure = Figure(figsize=(0.6 + 3.1 * across, height), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False, sharey=True).ravel()
    for panel, measure in zip(panels, board.measures, strict=False):
        _draw_scores(panel, board, measure, rows)
    for panel in panels[len(board.measures) :]:
        panel.set_axis_off()
    several = len({board.rows[place].n for place in rows}) > 1
    names = [
        f"{board.rows[place].method}, N {board.rows[place].n}" if several else board.rows[place].method
        for place in rows
    ]
    panels[0].set_yticks(range(len(rows)), [_plain(name) for name in names])
    panels[0].set_ylim(len(rows) - 0.5, -0.5)
    caption = "Each method's score with its 95 % interval, where one is known; the dashed line is the ground truth."
    return Chart(themed(figure, name, caption), caption)


def curve_chart(curves: Mapping[str, Sequence[Curve]], x_label: str, name: str) -> Chart:
    """A panel for each metric, a line for each method."""
    across = min(_ACROSS, len(curves))
    down = -(-len(curves) // across)
    figure = Figure(figsize=(0.6 + 3.1 * across, 2.6 * down + 0.4), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False).ravel()
    names = list(dict.fromkeys(curve.name for found in curves.values() for curve in found))
    for panel, (metric, found) in zip(panels, curves.items(), strict=False):
        for curve in found:
            place = names.index(curve.name)
            x, y, error = (np.array(values) for values in zip(*sorted(curve.points), strict=True))
            panel.errorbar(
                *(x, y),
                yerr=None if np.isnan(error).all() else np.nan_to_num(error),
                color=SERIES[place % len(SERIES)],
                marker=MARKERS[place % len(MARKERS)],
                markersize=5,
                linewidth=1.4,
                capsize=2,
                label=_plain(curve.name),
            )
        panel.set_title(_plain(metric), color=INK, size=10, weight="bold", loc="left")
        panel.set_xlabel(x_label, color=MUTED, size=8)
        panel.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        panel.xaxis.set_major_formatter(lambda value, _: f"{value / 1000:g}k" if value >= 10_000 else f"{value:g}")
        _plain_axes(panel)
    for panel in panels[len(curves) :]:
        panel.set_axis_off()
    if len(names) > 1:
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=3, frameon=False, labelcolor=INK, fontsize=8)
    caption = f"Scores by {x_label}."
    return Chart(themed(figure, name, caption), caption)


def sanity_chart(study: pd.DataFrame, name: str) -> Chart:
    """Corruptions down, metrics across: how far the strongest corruption goes beyond the floor, and the verdict."""
    strongest = study.sort_values("strength", kind="stable").groupby(["corruption", "metric"], sort=False).tail(1)
    corruptions = list(dict.fromkeys(study["corruption"]))
    metrics = list(dict.fromkeys(study["metric"]))
    heat = np.full((len(corruptions), len(metrics)), np.nan)
    verdicts = {}
    for line in strongest.to_dict("records"):
        place = corruptions.index(line["corruption"]), metrics.index(line["metric"])
        floor = abs(line["floor"]) or 1.0
        heat[place] = np.log10(max(abs(line["value"]) / floor, 1e-2))
        verdicts[place] = line["verdict"]
    figure = Figure(figsize=(2.2 + 1.15 * len(metrics), 1.2 + 0.3 * len(corruptions)), layout="constrained")
    panel = figure.subplots()
    highest = float(np.nanmax(np.abs(heat), initial=1.0))
    mesh = panel.pcolormesh(heat, cmap="PuOr", vmin=-highest, vmax=highest, edgecolors="none")
    for (row, column), verdict in verdicts.items():
        strong = abs(heat[row, column]) > 0.6 * highest
        panel.text(
            *(column + 0.5, row + 0.5, verdict),
            ha="center",
            va="center",
            size=8,
            color="#ffffff" if strong else "#1b242c",
        )
    panel.set_xticks(np.arange(len(metrics)) + 0.5, [_plain(metric.replace("[", "\n[")) for metric in metrics], size=8)
    panel.set_yticks(np.arange(len(corruptions)) + 0.5, [_plain(one) for one in corruptions], size=8)
    panel.invert_yaxis()
    panel.xaxis.tick_top()
    panel.tick_params(colors=INK, length=0)
    panel.spines[:].set_visible(False)
    bar = figure.colorbar(mesh, ax=panel, orientation="horizontal", shrink=0.6, pad=0.02, aspect=40)
    bar.set_label("value of the strongest corruption by the floor, powers of ten", color=MUTED, size=8)
    bar.ax.tick_params(colors=MUTED, labelsize=8, length=0)
    bar.outline.set_visible(False)
    caption = "Which metric sees which corruption. Right of 0 the strongest corruption is beyond what clean clips give."
    return Chart(themed(figure, name, caption), caption)


def themed(figure: Figure, name: str, caption: str) -> Markup:
    """A figure as an SVG element: transparent, in the page's colours, with ids of its own."""
    text = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    for colour, variable in _ROOM.items():
        svg = svg.replace(colour, f"var(--{variable}, {colour})")
    # Several charts stand in one page: what one refers to must not be found in another.
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(url\(|href=")#', rf"\1#{name}-", svg)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    return Markup(svg.replace("<svg ", f'<svg role="img" aria-label="{escape(caption)}" ', 1))


def _draw_scores(panel: Axes, board: Board, measure: Measure, rows: Sequence[int]) -> None:
    column, leaders = board.column(measure), board.best(measure)
    for place, row in enumerate(rows):
        score = column[row]
        if score is None or not isfinite(score.value):
            continue
        half = half_width(score)
        colour = ACCENT if leaders[row] else INK
        if isfinite(half):
            panel.plot([score.value - half, score.value + half], [place, place], color=colour, linewidth=1.6)
        face = colour if score.counts else "none"
        panel.plot(score.value, place, marker="o", markersize=5.5, color=colour, markerfacecolor=face)
    for one, score in zip(board.rows, column, strict=True):
        if one.is_ground_truth and score is not None and isfinite(score.value):
            panel.axvline(score.value, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    panel.set_title(_plain(board.heading(measure)), color=INK, size=10, weight="bold", loc="left")
    panel.xaxis.set_major_locator(MaxNLocator(4))
    _plain_axes(panel)


def _plain_axes(panel: Axes) -> None:
    panel.grid(color=FAINT, linewidth=0.7)
    panel.set_axisbelow(True)
    panel.tick_params(colors=MUTED, labelsize=8, length=0)
    panel.tick_params(axis="y", labelcolor=INK)
    panel.spines[["top", "right", "left"]].set_visible(False)
    panel.spines["bottom"].set_color(FAINT)


def _plain(text: str) -> str:
    """Text that is no formula, whatever it holds; as short as there is room."""
    short = text if len(text) <= 34 else f"{text[:16]}…{text[-16:]}"
    return short.replace("$", r"\$")
