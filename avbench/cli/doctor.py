"""`avbench doctor`: what stands in the way on this machine, and what to do about it."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from avbench.cli.console import output
from avbench.errors import MissingError

_STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """Look at versions, devices, codecs, weights and space; say what to do about each problem."""
    from avbench.doctor import examine

    checks = list(examine(Path.cwd()))
    if as_json:
        print(json.dumps([dataclasses.asdict(check) for check in checks], indent=2))
    else:
        table = Table("what", "state", "found")
        for check in checks:
            found = Text(check.found)
            if check.advice:
                found.append(f"\n→ {check.advice}", style=_STYLES[check.state])
            table.add_row(check.name, Text(check.state, style=_STYLES[check.state]), found)
        output.print(table)
    if any(check.state == "problem" for check in checks):
        raise typer.Exit(MissingError.exit_code)
