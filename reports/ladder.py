"""The ladder between two protocols, as a picture and as a table for a terminal."""

from pathlib import Path

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from avbench.errors import UsageError
from avbench.scoring import GROUND_TRUTH
from avbench.workspace import atomic_file
from reports.style import FAINT, INK, MUTED, SERIES, save_png

_WIDTH, _NAMES, _ROW, _FRAME = 2.4, 3.1, 0.3, 0.9  # inches: of a panel, of the rungs' names; heights


def ladder_table(lines: pd.DataFrame) -> Table:
    """Rungs from the first to the last, with each metric's value and by how much the switch moved it.

    Args:
        lines: as `avbench.ladder.climb` gives them.
    """
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("what")
    table.add_column("switch", overflow="fold")
    model = lines[lines["method"] != GROUND_TRUTH]
    metrics = list(dict.fromkeys(model["metric"]))
    for metric in metrics:
        table.add_column(escape(metric), justify="right")
        table.add_column("Δ", justify="right")
    kind = ""
    for _, rung in model.groupby("rung", sort=True):
        first = rung.iloc[0]
        if first["kind"] == "aside" != kind:
            table.add_section()
        kind = first["kind"]
        cells = []
        for metric in metrics:
            own = rung[rung["metric"] == metric]
            cells += [_number(own["mean"]), _number(own["difference"], sign=True)]
        table.add_row(first["subject"] or "start", escape(_change(first)), *cells)
    return table


def ladder_plot(lines: pd.DataFrame, path: Path) -> None:
    """Draw a ladder from top to bottom, one panel for each metric, into an SVG or PNG by the path's suffix.

    Full markers are the model's, with its sd over runs; hollow ones the ground truth's. Steps to the side stand below
    the line and are joined to nothing.

    Args:
        lines: as `avbench.ladder.climb` gives them.

    Raises:
        UsageError: there are no lines.
        MachineError: `path` cannot be written.
    """
    if lines.empty:
        raise UsageError(f"{path}: the ladder has no rungs to plot")
    rungs = lines.drop_duplicates("rung").sort_values("rung")
    metrics = list(dict.fromkeys(lines["metric"]))
    size = (_NAMES + _WIDTH * len(metrics), _FRAME + _ROW * len(rungs))
    figure = Figure(figsize=size, facecolor="white", layout="constrained")
    panels = figure.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
    for panel, metric in zip(panels, metrics, strict=True):
        _draw(panel, lines[lines["metric"] == metric], rungs)
        panel.set_title(metric, color=INK, size=10, weight="bold", loc="left")
    panels[0].set_yticks(list(rungs["rung"]), [_change(rung) for _, rung in rungs.iterrows()])
    panels[0].invert_yaxis()
    with atomic_file(path) as temporary:
        if path.suffix == ".png":
            save_png(figure, temporary)
            return
        # Text stays text, and names of shapes do not depend on chance.
        with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": path.stem}):
            figure.savefig(temporary, format="svg", metadata={"Date": None})


def _draw(panel: Axes, lines: pd.DataFrame, rungs: pd.DataFrame) -> None:
    for truth, colour, face in ((True, MUTED, "white"), (False, SERIES[0], SERIES[0])):
        own = lines[(lines["method"] == GROUND_TRUTH) == truth].sort_values("rung")
        climbed = own[own["kind"] != "aside"]
        panel.plot(climbed["mean"], climbed["rung"], color=colour, linewidth=1.2, zorder=2)
        panel.errorbar(
            own["mean"], own["rung"], xerr=own["sd"].fillna(0), fmt="o", color=colour, markerfacecolor=face,
            markersize=5, elinewidth=1, zorder=3,
        )  # fmt: skip
    if (aside := rungs.loc[rungs["kind"] == "aside", "rung"]).size:
        panel.axhline(float(aside.min()) - 0.5, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
    panel.grid(axis="x", color=FAINT, linewidth=0.7)
    panel.set_axisbelow(True)
    panel.tick_params(colors=MUTED, labelsize=8, length=0)
    panel.spines[["top", "right", "left"]].set_visible(False)
    panel.spines["bottom"].set_color(FAINT)


def _change(rung: pd.Series) -> str:
    return f"{rung['switch']}: {rung['before']} → {rung['after']}" if rung["switch"] else "start"


def _number(values: pd.Series, *, sign: bool = False) -> str:
    if values.empty or pd.isna(values.iloc[0]):
        return "–"
    return f"{float(values.iloc[0]):{'+' if sign else ''}.4g}".replace("-", "−")
