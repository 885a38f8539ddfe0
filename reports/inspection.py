"""The tables that `avbench inspect` prints."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from avbench.inspection import Inspection

_LABELS = 20  # rows of the table of labels


def inspection_tables(inspection: Inspection) -> Iterator[RenderableType]:
    """What a clip set holds, its clips by split and label, its failures and warnings; empty parts are left out."""
    yield _overview(inspection)
    yield ""
    if any(label for _, label in inspection.counts):
        yield _labels(inspection)
        yield ""
    if inspection.failures:
        yield _failures(inspection)
        yield ""
    for warning in inspection.warnings:
        yield f"[yellow]![/] {escape(warning)}"


def _overview(inspection: Inspection) -> Table:
    table = Table("clip set", escape(inspection.name), box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.columns[0].style = "dim"
    kind = {"folder": "a folder of videos, in place", "shards": "a prepared clip set"}[inspection.kind]
    table.add_row("is", f"{kind}; fit {inspection.fit}, channel {inspection.channel}")
    table.add_row("clips", f"{inspection.clips:,} from {inspection.sources:,} sources")
    splits = {split: 0 for split, _ in inspection.counts}
    for (split, _), clips in inspection.counts.items():
        splits[split] += clips
    table.add_row("splits", ", ".join(f"{split} {clips:,}" for split, clips in splits.items()))
    table.add_row("duration", str(timedelta(seconds=round(inspection.seconds))))
    if inspection.sizes:
        table.add_row("width x height", _most_frequent(inspection.sizes))
    for name, spread in inspection.spreads.items():
        table.add_row(name, _range(spread.minimum, spread.median, spread.maximum))
    return table


def _labels(inspection: Inspection) -> Table:
    """Clips by label, the most frequent first, and by split where there are several."""
    splits = list(dict.fromkeys(split for split, _ in inspection.counts))
    labels = Counter[str]()
    for (_, label), clips in inspection.counts.items():
        labels[label] += clips
    frequent = sorted(labels, key=lambda label: (-labels[label], label))

    table = Table("label", box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in (*splits, "all") if len(splits) > 1 else ("clips",):
        table.add_column(escape(heading), justify="right")

    def add_row(name: str, *those: str) -> None:
        cells = [sum(inspection.counts.get((split, label), 0) for label in those) for split in splits]
        table.add_row(name, *(f"{clips:,}" for clips in ([*cells, sum(cells)] if len(splits) > 1 else cells)))

    for label in frequent[:_LABELS]:
        add_row(escape(label) or "[dim]none[/]", label)
    if others := frequent[_LABELS:]:
        add_row(f"[dim]{len(others):,} more[/]", *others)
    return table


def _failures(inspection: Inspection) -> Table:
    table = Table("items without a clip", box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("items", justify="right")
    for reason, items in inspection.failures.items():
        table.add_row(escape(reason), f"{items:,}")
    return table


def _most_frequent(counts: dict[str, int]) -> str:
    shown = [f"{what} ({clips:,})" if len(counts) > 1 else what for what, clips in list(counts.items())[:4]]
    return ", ".join(shown) + (f" and {len(counts) - 4} more" if len(counts) > 4 else "")


def _range(minimum: float, median: float, maximum: float) -> str:
    if minimum == maximum:
        return f"{minimum:,.6g}"
    return f"{minimum:,.6g} to {maximum:,.6g}, median {median:,.6g}"
