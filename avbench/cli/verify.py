"""`avbench verify`: whether a results folder's numbers still come out."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from avbench.cli.console import errors, output, progress_bars
from avbench.cli.pairs import named_files
from avbench.errors import DataError, MissingError

if TYPE_CHECKING:  # it imports torch, which takes seconds
    from avbench.verify import Check

_COLOURS = {"same": "green", "different": "red", "not checked": "yellow"}


def verify(
    folder: Annotated[Path, typer.Argument(help="A results folder, results/NAME.", show_default=False)],
    weights: Annotated[
        list[str] | None, typer.Option(help="A file in place of registered weights, NAME=FILE; repeatable.")
    ] = None,
    windows: Annotated[
        int, typer.Option(help="Windows of each set whose features are computed anew; 0: none.", min=0)
    ] = 8,
    plugin: Annotated[list[Path] | None, typer.Option(help="A Python file that registers things; repeatable.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Evaluate again from what is here, and compare clips, weights, features, rows and summary; 4 if they differ."""
    from avbench.plugins import load_plugins
    from avbench.verify import verify_results

    load_plugins(plugin or [])
    with progress_bars() as progress:
        checks = verify_results(
            folder, overrides=named_files("--weights", weights or []), windows=windows, progress=progress
        )
    if as_json:
        print(json.dumps([dataclasses.asdict(check) for check in checks]))
    else:
        output.print(_table(checks))
    _judge(folder, checks)


def _table(checks: Sequence["Check"]) -> Table:
    table = Table("evaluation", "step", "", "found", box=box.SIMPLE)
    for check in checks:
        table.add_row(
            check.evaluation, check.step, f"[{_COLOURS[check.outcome]}]{check.outcome}[/]", escape(check.told)
        )
    return table


def _judge(folder: Path, checks: Sequence["Check"]) -> None:
    """Say the result.

    Raises:
        DataError: something differs.
        MissingError: nothing does, but clip sets are missing, so that numbers were not computed again.
    """
    if different := [check for check in checks if check.outcome == "different"]:
        raise DataError(f"{folder}: different, first at the step {different[0].step}: {different[0].told}")
    if missing := [check for check in checks if check.step == "clips" and check.outcome == "not checked"]:
        raise MissingError(f"{folder}: the numbers cannot be computed again: {missing[0].told}")
    open_ = sum(check.outcome == "not checked" for check in checks)
    errors.print(f"{folder}: same" + (f", as far as it could be checked ({open_} not)" if open_ else ""))
