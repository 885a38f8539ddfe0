"""The table of an evaluation, for terminals and for Markdown."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from avbench.errors import UsageError

_DIGITS = 4  # significant ones, of the largest mean of a metric
_MINUS, _DASH, _SUPERSCRIPTS = "−", "–", "⁰¹²³⁴⁵⁶⁷⁸⁹"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cells:
    """A table as text: what the writers share."""

    title: str
    headings: tuple[str, ...]
    left: int  # so many columns are flush left, the others flush right
    rows: tuple[tuple[str, ...], ...]
    blocks: tuple[int, ...]  # numbers of the rows that begin another metric
    notes: tuple[str, ...]


def rich_tables(summary: pd.DataFrame) -> list[RenderableType]:
    """Tables for a terminal, one for each protocol, with their notes beneath.

    Args:
        summary: lines of `summary.csv`, with at least the columns dataset, method, metric, mean, se, sd, interval_low,
            interval_high, interval_note, runs, n_reference, n_generated, scale, protocol, protocol_hash and note.
    """
    return [_rich(_cells(lines)) for _, lines in summary.groupby("protocol_hash", sort=False)]


def to_markdown(summary: pd.DataFrame) -> str:
    """The table as Markdown, with its notes beneath; `summary` as for `rich_tables`.

    Raises:
        UsageError: the lines are of more than one protocol, so that their numbers cannot be compared.
    """
    cells = _cells(summary)
    rules = [":--" if place < cells.left else "--:" for place in range(len(cells.headings))]
    lines = [f"**{cells.title}**", ""]
    lines += ["| " + " | ".join(row) + " |" for row in (cells.headings, rules, *cells.rows)]
    if cells.notes:
        lines += ["", "<br>".join(cells.notes)]
    return "\n".join(lines) + "\n"


def _rich(cells: _Cells) -> RenderableType:
    # One space between columns, so that the table of two sets fits a terminal of 80.
    table = Table(box=SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False)
    for place, heading in enumerate(cells.headings):
        table.add_column(
            heading, justify="left" if place < cells.left else "right", overflow="fold", no_wrap=place < cells.left
        )
    for number, row in enumerate(cells.rows):
        if number in cells.blocks and number:
            table.add_section()
        table.add_row(*map(escape, row))
    return Group(f"[bold]{escape(cells.title)}[/]", table, *(f"[dim]{escape(note)}[/]" for note in cells.notes))


def _cells(summary: pd.DataFrame) -> _Cells:
    protocols = summary[["protocol", "protocol_hash"]].drop_duplicates()
    if len(protocols) != 1:
        listed = ", ".join(f"{name} ({digest})" for name, digest in protocols.itertuples(index=False))
        raise UsageError(
            f"a table needs the rows of one protocol, these are of {len(protocols)}: {listed}; "
            "numbers of different protocols cannot be compared, so make a table of each"
        )
    protocol, digest = protocols.iloc[0]
    datasets = list(dict.fromkeys(summary["dataset"]))
    notes = list(dict.fromkeys(note for line in summary.to_dict("records") for note in _notes(line)))
    # Two evaluations against one reference both bring its ground truth.
    shown = summary.drop_duplicates([column for column in summary if column != "evaluation"])

    rows: list[tuple[str, ...]] = []
    blocks: list[int] = []
    for _, lines in shown.groupby(["dataset", "metric", "scale"], sort=False):
        blocks.append(len(rows))
        decimals = _decimals(lines["mean"])
        for line in lines.to_dict("records"):
            rows.append(
                (
                    *([line["dataset"]] if len(datasets) > 1 else []),
                    _scaled(line["metric"], line["scale"]),
                    line["method"],
                    _number(line["mean"], decimals),
                    _number(line["se"], decimals),
                    _number(line["sd"], decimals),
                    _interval(line["interval_low"], line["interval_high"], decimals),
                    f"{line['n_reference']}/{line['n_generated']}",
                    _superscript([notes.index(note) + 1 for note in _notes(line)]),
                )
            )
    headings = ("metric", "method", "mean", "±se", "sd", "95%, N=∞", "N ref/gen", "")
    fewest, most = shown["runs"].min(), shown["runs"].max()
    runs = f"{most} run{'s' if most > 1 else ''}" if fewest == most else f"{fewest} to {most} runs"
    about = f"protocol {protocol} ({digest}), {runs}"
    return _Cells(
        title=about if len(datasets) > 1 else f"{datasets[0]} {_DASH} {about}",
        headings=("dataset", *headings) if len(datasets) > 1 else headings,
        left=3 if len(datasets) > 1 else 2,
        rows=tuple(rows),
        blocks=tuple(blocks),
        notes=tuple(f"{_superscript([number])} {note}" for number, note in enumerate(notes, start=1)),
    )


def _notes(line: Mapping[Hashable, Any]) -> list[str]:
    """What a reader of the line must know, and why it has no interval."""
    remark = "; ".join(_parts(line["interval_note"]))
    if remark and pd.isna(line["interval_low"]):
        remark = f"no interval: {remark}"
    return [*_parts(line["note"]), *([remark] if remark else [])]


def _parts(note: object) -> list[str]:
    """The notes of a row; none where a CSV gave NaN for an empty cell."""
    return [part for part in note.split("; ") if part] if isinstance(note, str) else []


def _scaled(metric: str, scale: float) -> str:
    if scale == 1:
        return metric
    power = log10(scale)
    return f"{metric} ×10{_superscript([round(power)])}" if power == round(power) else f"{metric} ×{scale:g}"


def _decimals(means: pd.Series) -> int:
    """As many decimals as give the largest mean its significant digits; all rows of a metric have as many."""
    largest = means.abs().max()
    if not isfinite(largest) or largest == 0:
        return _DIGITS - 1
    return min(max(_DIGITS - 1 - floor(log10(largest)), 0), 9)


def _number(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}".replace("-", _MINUS) if isfinite(value) else _DASH


def _interval(low: float, high: float, decimals: int) -> str:
    return f"[{_number(low, decimals)}, {_number(high, decimals)}]" if isfinite(low) and isfinite(high) else _DASH


def _superscript(numbers: Sequence[int]) -> str:
    return " ".join("".join(_SUPERSCRIPTS[int(digit)] for digit in str(number)) for number in numbers)
