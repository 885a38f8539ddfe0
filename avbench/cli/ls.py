"""`avbench ls`: what there is."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from avbench.cli.console import errors, output
from avbench.cli.weights import list_weights
from avbench.listing import Entry, data_sets, results, runs

app = typer.Typer(help="What lies in the workspace: data sets, runs, results, weights.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


@app.command("data")
def list_data(
    folder: Annotated[Path, typer.Argument(help="Folder of data sets.")] = Path("data"), as_json: AsJson = False
) -> None:
    """Data sets: clips, splits, failures, size."""
    _show(data_sets(folder), folder, ("name", "state", "kind", "clips", "splits", "failures", "bytes"), as_json)


@app.command("runs")
def list_runs(
    folder: Annotated[Path, typer.Argument(help="Folder of runs.")] = Path("runs"), as_json: AsJson = False
) -> None:
    """Runs: model, data, how far they are, sets of samples."""
    _show(runs(folder), folder, ("name", "state", "model", "preset", "data", "step", "steps", "samples"), as_json)


@app.command("results")
def list_results(
    folder: Annotated[Path, typer.Argument(help="Folder of results folders.")] = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Results: methods, metrics, protocol, N, runs, and what they were made for; with --json also the data set."""
    columns = ("name", "state", "made_for", "methods", "metrics", "protocols", "n", "runs")
    _show(results(folder), folder, columns, as_json)


app.command("weights")(list_weights)


def _show(entries: Sequence[Entry], folder: Path, columns: Sequence[str], as_json: bool) -> None:
    if as_json:
        print(json.dumps(list(entries), indent=1))
        return
    if not entries:
        errors.print(f"nothing in {folder}/", highlight=False)
        return
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    for column in columns:
        number = column in ("clips", "failures", "bytes", "step", "steps", "n", "runs")
        table.add_column(
            column.replace("_", " "), justify="right" if number else "left", overflow="fold", no_wrap=column == "name"
        )
    for entry in entries:
        table.add_row(*(escape(_cell(column, entry.get(column))) for column in columns))
    output.print(table)


def _cell(column: str, value: Any) -> str:
    shown: Callable[[Any], str] = {"bytes": lambda size: f"{size / 1e6:,.1f} MB"}.get(column, str)
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{name} {count:,}" for name, count in value.items())
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) and column != "bytes" else shown(value)
