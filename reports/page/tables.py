"""Tables as the page's template takes them: text, what to sort by, and how each cell looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isfinite
from numbers import Number

import pandas as pd

from reports.comparison.board import Board, spoken_interval
from reports.comparison.markdown import notes_of
from reports.comparison.table import Comparison, Line
from reports.comparison.words import Words, heading, number, words


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlCell:
    """A cell."""

    text: str
    sort: float | str | None = None  # None: last, whichever way one sorts
    strong: bool = False
    small: str = ""  # beside the text: an interval
    marks: tuple[int, ...] = ()  # notes
    kind: str = ""  # class: "number", "published", "ours", "difference"


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlTable:
    """A table with what stands above and beneath it."""

    id: str
    title: str
    groups: tuple[tuple[str, int], ...] = ()  # headings over several columns, with how many
    heads: tuple[tuple[str, bool], ...]  # and whether the column holds numbers
    rows: tuple[tuple[HtmlCell, ...], ...]
    notes: tuple[str, ...] = ()  # numbered ones, that marks point to
    remarks: tuple[str, ...] = ()
    files: tuple[str, ...] = ()  # the same in other formats, beside the page


def of_board(board: Board, files: Sequence[str]) -> HtmlTable:
    """The scores of all methods under one protocol."""
    notes: list[str] = []
    columns = [(board.column(measure), board.best(measure), board.decimals(measure)) for measure in board.measures]
    rows = []
    for place, row in enumerate(board.rows):
        cells = [HtmlCell(text=row.method, sort=row.method, kind="truth" if row.is_ground_truth else "")]
        for column, leaders, decimals in columns:
            score = column[place]
            if score is None:
                cells.append(HtmlCell(text="", kind="number"))
                continue
            told = [part for part in score.note.split("; ") if part]
            told += ["changed by hand after it was written"] if score.edited else []
            notes += [note for note in told if note not in notes]
            cells.append(
                HtmlCell(
                    text=number(score.value, decimals),
                    sort=score.value if isfinite(score.value) else None,
                    strong=leaders[place],
                    small=spoken_interval(score, decimals),
                    marks=tuple(notes.index(note) + 1 for note in told),
                    kind="number",
                )
            )
        cells.append(HtmlCell(text=f"{row.n_reference}/{row.n_generated}", sort=row.n, kind="number"))
        cells.append(HtmlCell(text=str(max(score.runs for score in row.scores.values())), kind="number"))
        rows.append(tuple(cells))
    heads = [("method", False), *((board.heading(measure), True) for measure in board.measures)]
    return HtmlTable(
        id=board.name,
        title=f"{board.dataset}, protocol {board.protocol}",
        heads=(*heads, ("N ref/gen", True), ("runs", True)),
        rows=tuple(rows),
        notes=tuple(notes),
        remarks=(f"protocol hash {board.protocol_hash}",),
        files=tuple(files),
    )


def of_comparison(comparison: Comparison, name: str, files: Sequence[str]) -> HtmlTable:
    """A table of the paper."""
    table, labels = comparison.table, comparison.labels
    heads = [("", False)]
    for column in table.columns:
        label = labels.get(column, "")
        heads += [("paper", True), (f"ours ({label})" if "[" in label else "ours", True), ("difference", True)]
    named = [" ".join(filter(None, (column.group, heading(column)))) for column in table.columns]
    groups = [("", 1), *((name, 3 * len(list(found))) for name, found in groupby(named))]
    lines = (*comparison.lines, *comparison.literature)
    return HtmlTable(
        id=name,
        title=f"Table {table.number}. {table.title}",
        groups=tuple(groups),
        heads=tuple(heads),
        rows=tuple(_row(line, text) for line, text in zip(lines, words(comparison), strict=True)),
        notes=comparison.notes,
        remarks=tuple(notes_of(comparison))[len(comparison.notes) :],
        files=tuple(files),
    )


def of_frame(frame: pd.DataFrame, name: str, title: str, files: Sequence[str] = ()) -> HtmlTable:
    """Any table; columns of numbers are numbers."""
    numeric = [pd.api.types.is_numeric_dtype(frame[column]) for column in frame]
    return HtmlTable(
        id=name,
        title=title,
        heads=tuple((str(column), is_number) for column, is_number in zip(frame, numeric, strict=True)),
        rows=tuple(tuple(map(_plain, row)) for row in frame.itertuples(index=False)),
        files=tuple(files),
    )


def _row(line: Line, line_words: tuple[Words, ...]) -> tuple[HtmlCell, ...]:
    cells = [HtmlCell(text=line.label, sort=line.label, marks=line.marks)]
    for cell, text in zip(line.cells, line_words, strict=True):
        ours = cell.ours
        cells += [
            HtmlCell(text=text.published, sort=cell.published, strong=cell.published_best, kind="number published"),
            HtmlCell(
                text=text.ours,
                sort=ours.value if ours is not None and isfinite(ours.value) else None,
                strong=cell.best,
                small=text.interval,
                marks=cell.marks,
                kind="number ours",
            ),
            HtmlCell(
                text=text.difference,
                sort=cell.difference if isfinite(cell.difference) else None,
                kind="number difference",
            ),
        ]
    return tuple(cells)


def _plain(value: object) -> HtmlCell:
    if isinstance(value, bool) or not isinstance(value, Number):
        return HtmlCell(text=str(value), sort=str(value))
    real = float(value)  # type: ignore[arg-type]
    if not isfinite(real):
        return HtmlCell(text="", kind="number")
    return HtmlCell(text=f"{real:,.0f}" if real == round(real) else f"{real:,.4g}", sort=real, kind="number")
