"""`avbench ablate`: the points of a study, made where they are missing, and their numbers in one table."""

from pathlib import Path
from typing import TYPE_CHECKING

from avbench.cli.console import errors, output
from avbench.cli.workflows.ablate.study import Study
from avbench.cli.workflows.reproduce.plan import Planner
from avbench.cli.workflows.reproduce.run import make_rows
from avbench.cli.workflows.script import script

if TYPE_CHECKING:
    import pandas as pd


def run_study(study: Study, planner: Planner, *, dry_run: bool) -> None:
    """Makes the points that are not there yet, shows all, and writes them to results/ablate-STUDY-DATA-PRESET.csv.

    Raises:
        AvbenchError: what a command raises; the same call goes on from it.
    """
    from avbench.workspace import atomic_write

    planned = [point.planned for point in study.points]
    if dry_run:
        print("\n".join(script(planned)))
        return
    make_rows(planned)
    lines = gathered(study)
    path = Path("results") / f"ablate-{study.name}-{planner.label}.csv"
    atomic_write(path, lines.to_csv(index=False))
    output.print(_table(study, lines))
    if planner.scale.smoke:
        errors.print("SMOKE: these numbers mean nothing", style="bold red")
    errors.print(f"table: {path}", highlight=False)


def gathered(study: Study) -> "pd.DataFrame":
    """One line for each point and metric: study, arm, axis, x, metric, mean, sd, runs, n and the results folder."""
    import pandas as pd

    parts = []
    for point in study.points:
        if point.planned.missing:
            continue
        summary = pd.read_csv(point.planned.results / "summary.csv")
        own = summary[summary["method"] == point.planned.method].drop_duplicates("metric")
        told = {"study": study.name, "arm": point.arm, "axis": study.axis, "x": point.x}
        columns = own[["metric", "mean", "sd", "runs", "n_generated"]].rename(columns={"n_generated": "n"})
        parts.append(columns.assign(**told, results=str(point.planned.results)))
    order = ["study", "arm", "axis", "x", "metric", "mean", "sd", "runs", "n", "results"]
    return pd.concat(parts, ignore_index=True)[order] if parts else pd.DataFrame(columns=order)


def _table(study: Study, lines: "pd.DataFrame") -> object:
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    metrics = list(dict.fromkeys(lines["metric"]))
    for name in ("arm", study.axis):
        table.add_column(name)
    for metric in metrics:
        table.add_column(escape(metric), justify="right")
    for point in study.points:
        own = lines[lines["results"] == str(point.planned.results)].set_index("metric")["mean"]
        cells = [f"{own[metric]:.4g}" if metric in own.index else "–" for metric in metrics]
        table.add_row(point.arm, "" if point.x is None else f"{point.x:g}", *cells)
    return table
