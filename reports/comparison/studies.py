"""Tables 5 and 6 with what people answered in studies of our own."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path

import pandas as pd

from avbench.errors import DataError
from avbench.workspace import sha256_file
from reports.comparison.scored import Score
from reports.comparison.table import Cell, Comparison, Line, Notes, with_best
from reports.paper_rows import Column, PaperTable, paper_dataset

SCORES = Path("report", "scores.csv")  # in a study's folder
_COLUMNS = ("study_id", "dataset", "method", "metric", "value", "low", "high", "n", "screened")
_VOTES = 2_500  # behind each of the paper's numbers
# What methods are called in studies, and what the paper calls them.
_METHODS = {
    **dict.fromkeys(("ours", "mm-diffusion"), "Ours"),
    **dict.fromkeys(("2-stage", "two-stage", "2stage"), "2-Stage"),
    **dict.fromkeys(("real", "gt", "truth", "ground-truth"), "Ground-truth"),
}


@dataclass(frozen=True, slots=True)
class Opinions:
    """The scores of all studies."""

    lines: pd.DataFrame  # as in scores.csv
    files: dict[str, str]  # every file that was read, and its SHA-256


def read_opinions(root: Path) -> Opinions:
    """The scores of the studies in the folders of `root`; none where there are none.

    Raises:
        DataError: a file lacks a column, or holds a row twice.
    """
    frames, hashes = [], {}
    for path in sorted(root.glob(f"*/{SCORES}")):
        frame = pd.read_csv(path, dtype={name: str for name in ("study_id", "dataset", "method", "metric")})
        if missing := [name for name in _COLUMNS if name not in frame]:
            raise DataError(f"{path}: the column {missing[0]} is missing; give `avbench study report` again")
        repeated = frame[frame.duplicated(["study_id", "dataset", "method", "metric"])]
        if len(repeated):
            raise DataError(
                f"{path}: line {int(repeated.index[0]) + 2} repeats a row; give `avbench study report` again"
            )
        frames.append(frame)
        hashes[str(path)] = sha256_file(path)
    return Opinions(pd.concat(frames) if frames else pd.DataFrame(columns=list(_COLUMNS)), hashes)


def compare_opinions(table: PaperTable, opinions: pd.DataFrame) -> Comparison:
    """Table 5 or 6 with our studies' numbers; methods that the paper does not have are rows at the end.

    Raises:
        DataError: two studies give a number for one place; the message names them.
    """
    metrics = {column.metric for column in table.columns}
    opinions = opinions[opinions["metric"].isin(metrics)]
    opinions = opinions.assign(
        method=[_METHODS.get(name.casefold(), name) for name in opinions["method"]],
        dataset=[paper_dataset(name) or name for name in opinions["dataset"]],
    )
    groups = {column.group for column in table.columns}
    elsewhere = [name for name in dict.fromkeys(opinions["dataset"]) if name not in groups]
    notes = Notes()
    methods = [*(row.method for row in table.rows), *opinions["method"]]
    published = {row.method: row for row in table.rows}
    lines = []
    for method in dict.fromkeys(methods):
        row = published.get(method)
        own = opinions[opinions["method"] == method]
        cells = tuple(
            _cell(column, row.published.get(column) if row else None, own, table, notes) for column in table.columns
        )
        if row is not None or any(cell.ours for cell in cells):
            lines.append(Line(row.id if row else "", method, cells))
    return Comparison(
        table=table,
        lines=with_best(table, lines),
        notes=tuple(notes.texts),
        protocol=", ".join(dict.fromkeys(opinions["study_id"])),
        left_out=tuple(f"data set {name}: the paper's table has no columns for it" for name in elsewhere),
    )


def _cell(column: Column, published: float | None, own: pd.DataFrame, table: PaperTable, notes: Notes) -> Cell:
    fitting = own[(own["dataset"] == column.group) & (own["metric"] == column.metric)]
    if fitting.empty:
        return Cell(published=published)
    if len(fitting) > 1:
        named = ", ".join(fitting["study_id"])
        raise DataError(
            f"table {table.number}: the studies {named} all give {column.metric} of {fitting['method'].iloc[0]} on "
            f"{column.group}; take all but one away"
        )
    line = fitting.iloc[0]
    score = Score(
        metric=column.metric,
        value=float(line["value"]),
        low=float(line["low"]),
        high=float(line["high"]),
        se=nan,
        sd=nan,
        runs=1,
        features="",
        weights_sha256="",
        note="",
        edited=False,
    )
    return Cell(published=published, ours=score, marks=notes.marks(_told(line)))


def _told(line: pd.Series) -> Sequence[str]:
    told = []
    if int(line["n"]) != _VOTES:
        told.append(f"{int(line['n']):,} votes, not {_VOTES:,}")
    if int(line["screened"]):
        told.append(f"{int(line['screened']):,} votes screened out; the paper tells of no screening")
    return told
