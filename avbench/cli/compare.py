"""`avbench compare`: is one method better than another?"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avbench.cli.console import errors, output

if TYPE_CHECKING:
    from avbench.compare import Compared
    from avbench.statistics.paired import Difference

_DASH = "–"


def compare(
    first: Annotated[Path, typer.Argument(help="A results folder, or a clip set that was evaluated.")],
    second: Annotated[Path, typer.Argument(help="The same of the other method.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the differences as JSON.")] = False,
) -> None:
    """Tell whether one method is better than another, by paired differences; a tie is called a tie."""
    from avbench.compare import compare as compared_of

    compared = compared_of(first, second)
    if as_json:
        print(json.dumps(compared.as_dict()))
        return
    told = compared.first.told
    protocol = told["protocol"]
    errors.print(
        f"{compared.first.folder} and {compared.second.folder}, protocol {protocol['name']} ({protocol['hash']}), "
        f"N = {protocol['samples']}, {told['runs']} runs, seed {told['seed']}",
        highlight=False,
    )
    _print_table(compared)


def _print_table(compared: "Compared") -> None:
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    names = compared.names
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for heading in ("metric", *names, "difference", "95% interval", "N", "better"):
        table.add_column(escape(heading), justify="left" if heading in ("metric", "better") else "right")
    for one in compared.differences:
        values = (_number(one.first), _number(one.second), _number(one.difference))
        known = one.better != "unknown"
        interval = f"[{_number(one.low)}, {_number(one.high)}]" if known else _DASH
        table.add_row(
            *map(escape, (one.metric, *values, interval, f"{one.n_reference}/{one.n_generated}", _verdict(one, names)))
        )
    output.print(table)
    for one in compared.differences:
        if one.why_unknown:
            output.print(f"{one.metric}: no interval, for {one.why_unknown}", style="dim", highlight=False)
    output.print(
        "Values are at this N; a Fréchet difference is for infinite N. Each interval stands alone.", style="dim"
    )


def _verdict(one: "Difference", names: tuple[str, str]) -> str:
    return {"first": names[0], "second": names[1], "tie": "tie", "unknown": "not known"}[one.better]


def _number(value: float) -> str:
    return f"{value:.4g}" if value == value else _DASH
