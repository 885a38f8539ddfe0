"""Figures of the benchmark's studies."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from avbench.errors import UsageError
from avbench.workspace import atomic_file
from reports.style import FAINT, INK, MARKERS, MUTED, SERIES, save_png

_COLUMNS = 4
_PANEL = (3.1, 2.35)  # inches, with its labels
_LEGEND = 0.75  # inches above the panels


def sanity_plot(study: pd.DataFrame, path: Path) -> None:
    """Draw how metrics answer to corruptions, one panel for each, into a PNG.

    A panel has the strengths from left to right, after the clean windows, and upwards each metric's value as a
    multiple of the worst value that clean windows gave it: linear up to 1, logarithmic beyond. Full markers are values
    beyond what clean windows give, hollow ones are not: a line of hollow markers is a blind metric.

    Args:
        study: one line per corruption, strength and metric, with the columns corruption, strength, unit, metric,
            value, clean, floor (the worst value of clean windows) and responds (whether value is beyond it).

    Raises:
        UsageError: the study has no lines.
        MachineError: `path` cannot be written.
    """
    if study.empty:
        raise UsageError(f"{path}: the study has no lines to plot")
    corruptions = list(dict.fromkeys(study["corruption"]))
    metrics = list(dict.fromkeys(study["metric"]))
    looks = {
        metric: (SERIES[place % len(SERIES)], MARKERS[place % len(MARKERS)]) for place, metric in enumerate(metrics)
    }
    columns = min(_COLUMNS, len(corruptions))
    rows = -(-len(corruptions) // columns)
    height = rows * _PANEL[1] + _LEGEND
    layout = ConstrainedLayoutEngine(rect=(0, 0, 1, 1 - _LEGEND / height), hspace=0.06)
    figure = Figure(figsize=(columns * _PANEL[0], height), facecolor="white", layout=layout)
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for panel, corruption in zip(panels, corruptions, strict=False):
        _draw_panel(panel, study[study["corruption"] == corruption], looks)
        panel.set_title(corruption, color=INK, size=10, weight="bold", loc="left")
    for panel in panels[len(corruptions) :]:
        panel.set_axis_off()
    _share_scale(panels[0], _relative(study, study["value"]))
    for panel in panels[::columns]:
        panel.set_ylabel("value / floor", color=MUTED, size=8)
    _draw_legend(figure, looks)
    with atomic_file(path) as temporary:
        save_png(figure, temporary)


def _relative(lines: pd.DataFrame, values: pd.Series) -> pd.Series:
    """`values` by the worst of clean windows; the values themselves where that is 0."""
    return values / lines["floor"].abs().where(lines["floor"] != 0, 1)


def _draw_panel(panel: Axes, lines: pd.DataFrame, looks: dict[str, tuple[str, str]]) -> None:
    strengths = sorted(set(lines["strength"]))
    places = np.arange(len(strengths) + 1)
    panel.axhline(1, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    for metric, (colour, marker) in looks.items():
        own = lines[lines["metric"] == metric].sort_values("strength")
        if own.empty:
            continue
        heights = [_relative(own, own["clean"]).iloc[0], *_relative(own, own["value"])]
        panel.plot(places, heights, color=colour, linewidth=1.4, zorder=2)
        for place, height, beyond in zip(places, heights, [False, *own["responds"]], strict=True):
            face = colour if beyond else "white"
            panel.plot(place, height, marker=marker, markersize=5, color=colour, markerfacecolor=face, zorder=3)
    panel.set_xticks(places, ["clean", *(f"{strength:g}" for strength in strengths)])
    panel.set_xlabel(str(lines["unit"].iloc[0]), color=MUTED, size=8)
    panel.set_xlim(-0.3, places[-1] + 0.3)
    panel.grid(axis="y", color=FAINT, linewidth=0.7)
    panel.set_axisbelow(True)
    panel.tick_params(colors=MUTED, labelsize=8, length=0)
    panel.spines[["top", "right", "left"]].set_visible(False)
    panel.spines["bottom"].set_color(FAINT)


def _share_scale(panel: Axes, heights: pd.Series) -> None:
    """The scale that all panels share: linear within what clean windows give, logarithmic beyond."""
    panel.set_yscale("symlog", linthresh=1, linscale=0.6)
    lowest, highest = min(float(heights.min()), 0.0), max(float(heights.max()), 2.0)
    powers = range(int(np.ceil(np.log10(highest))) + 1)
    below = [-(10.0**power) for power in range(int(np.ceil(np.log10(max(-lowest, 1)))))]
    panel.yaxis.set_major_locator(FixedLocator([*below, 0, *(10.0**power for power in powers)]))
    panel.yaxis.set_minor_locator(NullLocator())
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    panel.set_ylim(lowest * 1.2 - 0.12, highest * 1.35)


def _draw_legend(figure: Figure, looks: dict[str, tuple[str, str]]) -> None:
    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=6, label=metric)
        for metric, (colour, marker) in looks.items()
    ]
    handles.append(
        Line2D([], [], color=MUTED, marker="o", markerfacecolor="white", linewidth=0, label="no worse than clean")
    )
    handles.append(Line2D([], [], color=MUTED, linestyle=(0, (4, 3)), linewidth=0.8, label="floor"))
    figure.legend(
        handles=handles,
        loc="upper left",
        ncols=min(len(handles), 4),
        frameon=False,
        labelcolor=INK,
        fontsize=9,
        borderaxespad=0.6,
        columnspacing=1.6,
    )
