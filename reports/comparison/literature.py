"""Numbers of later papers on the same benchmark, from `literature.csv`.

A row stands there only with the sentence that was read (`quote`) and where it stands (`source`). What the sentence
does not tell stays empty: such numbers are shown beside ours, never ranked with them.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from avbench.errors import DataError
from reports.comparison.table import Cell, Comparison, Line, Notes
from reports.paper_rows import PaperTable, paper_dataset

COLUMNS = ("method", "dataset", "metric", "value", "n", "resolution", "protocol", "source", "quote")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A number that a paper gives of a method."""

    method: str
    dataset: str
    metric: str
    value: float
    n: str  # clips; "" where the paper does not say, as for the next two
    resolution: str
    protocol: str
    source: str
    quote: str


def read_literature(path: Path | None = None) -> list[Mention]:
    """The rows of `path`, by default of the file that comes with avbench.

    Raises:
        DataError: a column is missing, a value is no number, or a row has no quote or no source.
    """
    text = path.read_text() if path else (files("reports") / "literature.csv").read_text()
    name = str(path or "literature.csv")
    reader = csv.DictReader(text.splitlines())
    if missing := [column for column in COLUMNS if column not in (reader.fieldnames or ())]:
        raise DataError(f"{name}: the column {missing[0]} is missing; it needs {', '.join(COLUMNS)}")
    mentions = []
    for number, line in enumerate(reader, start=2):
        if not line["quote"].strip() or not line["source"].strip():
            raise DataError(f"{name}, line {number}: a row needs the sentence that was read and its source")
        try:
            value = float(line["value"])
        except ValueError as error:
            raise DataError(f'{name}, line {number}: "{line["value"]}" is not a number') from error
        mentions.append(Mention(value=value, **{key: line[key] for key in COLUMNS if key != "value"}))
    return mentions


def cite(comparison: Comparison, mentions: Sequence[Mention]) -> Comparison:
    """The comparison with what others published on its data set."""
    notes = Notes(list(comparison.notes))
    lines = literature_lines(comparison.table, mentions, notes)
    return replace(comparison, literature=lines, notes=tuple(notes.texts))


def literature_lines(table: PaperTable, mentions: Sequence[Mention], notes: Notes) -> tuple[Line, ...]:
    """A line for each method that somebody else published on the data set of `table` (1 or 2)."""
    fitting = [one for one in mentions if table.dataset and paper_dataset(one.dataset) == table.dataset]
    lines = []
    for method, source in dict.fromkeys((one.method, one.source) for one in fitting):
        own = [one for one in fitting if (one.method, one.source) == (method, source)]
        cells = []
        for column in table.columns:
            found = next((one for one in own if one.metric == column.metric), None)
            cells.append(Cell(published=found.value, marks=notes.marks([_told(found)])) if found else Cell())
        lines.append(Line("", method, tuple(cells), notes.marks([source])))
    return tuple(lines)


def _told(one: Mention) -> str:
    known = [f"N = {one.n}"] if one.n else []
    known += [f"{one.resolution} pixels"] if one.resolution else []
    return ", ".join([f"protocol {one.protocol}" if one.protocol else "protocol unknown", *known])
