"""What `avbench prepare` prints: before, and when a set is there."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from avbench.cli.console import errors, output

if TYPE_CHECKING:
    from pipelines.copies import Copy
    from pipelines.prepare import Prepared
    from pipelines.source import Harvest
    from pipelines.web.item import Listing, Terms
    from pipelines.web.select import Selection
    from pipelines.web.status import Status

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


def show_listing(listing: "Listing") -> None:
    """What a list names and which of its rows say nothing, on standard error."""
    from pipelines.web.table import count_videos

    _say(f"{listing.origin}: {len(listing.items):,} items of {count_videos(listing.items):,} videos")
    if listing.rejected:
        _say(f"{len(listing.rejected):,} rows cannot be used and are passed over:")
        for row in listing.rejected[:_SHOWN]:
            _say(f"  line {row.line}: {row.message}")
        if len(listing.rejected) > _SHOWN:
            _say(f"  and {len(listing.rejected) - _SHOWN:,} more; all are in the set's clipset.json")


def show_terms(terms: "Terms") -> None:
    """The terms, on standard error."""
    _say(f"Terms: {terms.name} ({terms.url})\n{terms.text}")


def show_selection(selection: "Selection") -> None:
    """How many were taken, and why others were not, on standard error."""
    reasons = f" ({counts(selection.reasons)})" if selection.reasons else ""
    _say(f"selected {len(selection.listing.items):,} of {selection.seen:,} videos that were asked about{reasons}")


def show_plan(listing: "Listing", out: Path, *, copy: "Copy | None", selecting: bool, limit: int | None) -> None:
    """What would be done, on standard output."""
    from pipelines.web.ledger import LEDGER
    from pipelines.web.status import read_status
    from pipelines.web.table import count_videos

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("clip set", str(out))
    if selecting:
        wanted = f"until {limit:,} are found" if limit else "all of them"
        table.add_row("pages to ask", f"up to {len(listing.items):,}, {wanted}")
    else:
        table.add_row("items", f"{len(listing.items):,} ({counts(Counter(item.split for item in listing.items))})")
        table.add_row("classes", counts(Counter(item.label for item in listing.items if item.label)) or "none named")
        if copy is None:
            table.add_row("videos to download", f"{count_videos(listing.items):,}")
        else:
            table.add_row("videos in the folder", f"{len(copy.files):,}")
    output.print(table)
    if (out / LEDGER).exists():
        show_status(read_status(out))


def show_survival(out: Path) -> None:
    """The set beside the paper's, on standard output."""
    from pipelines.web.status import read_status

    output.print(_survival_table(read_status(out)))


def show_status(status: "Status") -> None:
    """How far a set has come, on standard output."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("data set", status.source)
    table.add_row("items", f"{status.items:,}")
    table.add_row("done", f"{status.done:,} of {status.videos:,} videos, {status.bytes / 1e6:,.1f} MB")
    table.add_row(
        "failed", f"{sum(status.failed.values()):,}" + (f" ({counts(status.failed)})" if status.failed else "")
    )
    table.add_row("left", f"{status.left:,}")
    table.add_row("clip set", "not finished" if status.clips is None else f"{status.clips:,} clips")
    output.print(table)
    output.print(_survival_table(status))


def _survival_table(status: "Status") -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    for figure, (ours, paper) in status.survival().items():
        table.add_row(f"{figure} of the paper's", f"{ours:,} of {paper:,} ({ours / paper:.1%})")
    return table


def _say(text: str) -> None:
    errors.print(text, markup=False, highlight=False, soft_wrap=True)
