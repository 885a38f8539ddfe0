"""What `avbench prepare` prints when a set is there."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.table import Table

from avbench.cli.console import errors, output

if TYPE_CHECKING:
    from pipelines.prepare import Prepared
    from pipelines.source import Harvest

_SHOWN = 5  # names of a kind in a message


def show_prepared(prepared: "Prepared", as_json: bool) -> None:
    """The set in numbers, on standard output."""
    reasons = Counter(failure.reason for failure in prepared.failures)
    if as_json:
        print(json.dumps(asdict(prepared) | {"path": str(prepared.path), "reasons": reasons}, indent=2))
        return
    if prepared.finished_before:
        output.print("This clip set was finished before; nothing was to do.")
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("clip set", str(prepared.path))
    table.add_row("clips", f"{prepared.clips:,} ({counts(prepared.splits)})")
    table.add_row("items", f"{prepared.items:,}")
    table.add_row("failures", f"{len(prepared.failures):,}" + (f" ({counts(reasons)})" if reasons else ""))
    table.add_row("tails left over", f"{prepared.tails:,}")
    if prepared.damaged:
        table.add_row("damaged clips left out", f"{prepared.damaged:,}")
    output.print(table)


def show_unmatched(harvest: "Harvest") -> None:
    """Sounds and rows that belong to no video, on standard error."""
    for kind, names in harvest.unmatched.items():
        if names:
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            shown = ", ".join(names[:_SHOWN]) + more
            errors.print(f"{len(names)} of --{kind} belong to no item: {shown}", markup=False, soft_wrap=True)


def counts(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(numbers.items()))
