"""The published numbers: tables 1 to 6 of MM-Diffusion (arXiv 2212.09478), row by row, from `paper.csv`.

A row is known by its id, "table1:2". Rows are numbered as in the paper where it numbers them (tables 1 to 3), by their
order elsewhere. Values stand as printed; where the paper has a dash there is none.
"""

import csv
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from avbench.errors import UsageError

Published = Mapping["Column", float]

LOWER = ("FVD", "KVD", "FAD")  # the less, the better; of the others more is better
N = 2_048  # clips of each method (section 4.1)
SIZE = 64  # pixels, at which all are measured
RUNS = {1: 6, 2: 6, 3: 1, 4: 1}  # by table; the ablations say nothing of several
FAITHFUL_STEPS = 100_000  # of training, of the paper's own models in tables 1 and 2


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: a metric, in tables 4 to 6 under a heading that several share."""

    group: str  # "60k" training steps in table 4, a data set in tables 5 and 6, "" elsewhere
    metric: str

    @property
    def better(self) -> Literal["lower", "higher"]:
        return "lower" if self.metric in LOWER else "higher"

    @property
    def decimals(self) -> int:
        """How many the paper prints."""
        return 1 if self.metric == "turing_pass_percent" else 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRow:
    """A row of one of the paper's tables."""

    table: int
    number: int
    method: str  # as the paper writes it
    windows: tuple[int, ...] | None = None  # of cross-attention: what table 3 varies
    random_shift: bool | None = None  # what table 4 varies
    published: Published

    @property
    def id(self) -> str:
        return f"table{self.table}:{self.number}"

    @property
    def label(self) -> str:
        """What stands at the row's left."""
        if self.windows is not None:
            return f"windows {list(self.windows)}"
        if self.random_shift is not None:
            return "with random shift" if self.random_shift else "without random shift"
        return self.method


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTable:
    """One of the paper's tables."""

    number: int
    title: str
    dataset: str  # "Landscape", "AIST++", or "" where the paper names none or several
    columns: tuple[Column, ...]
    rows: tuple[PaperRow, ...]
    remark: str = ""  # what a reader must know who compares

    @property
    def is_study(self) -> bool:
        """Whether people gave the values."""
        return self.number in (5, 6)


_TITLES = {
    1: "Landscape: unconditional generation",
    2: "AIST++: unconditional generation",
    3: "Windows of cross-attention, 80k training steps",
    4: "Random shift of the windows, by training steps",
    5: "Mean opinion scores, 1 to 5",
    6: "Turing test: votes that did not say “machine”, percent",
}
_REMARKS = {
    3: "The paper does not name the data set, nor say whether windows were shifted. Its row 4 equals table 4 without "
    "shift at 80k steps, so it was evidently trained without; rows here are, too.",
    4: "The paper does not name the data set. One training per row, evaluated at three steps.",
    5: "The paper prints no intervals and does not say who was screened.",
    6: "“Cannot be determined” counts as passing; the shares are of votes, not of clips.",
}


@functools.cache
def paper_tables() -> Mapping[int, PaperTable]:
    """All tables by number."""
    lines = list(csv.DictReader((files("reports") / "paper.csv").read_text().splitlines()))
    return {number: _table(number, [line for line in lines if line["table"] == str(number)]) for number in _TITLES}


def paper_row(row_id: str) -> PaperRow:
    """The row of an id such as "table1:2".

    Raises:
        UsageError: there is none.
    """
    for table in paper_tables().values():
        for row in table.rows:
            if row.id == row_id:
                return row
    raise UsageError(f"the paper's tables have no row {row_id}; rows are called table1:1 to table6:2")


def paper_dataset(name: str) -> str:
    """What the paper calls a data set that is called `name` here; "" for one that it does not have."""
    plain = name.lower()
    return "Landscape" if plain.startswith("landscape") else "AIST++" if plain.startswith("aist") else ""


def _table(number: int, lines: list[dict[str, str]]) -> PaperTable:
    columns = tuple(dict.fromkeys(_column(line) for line in lines))
    groups = dict.fromkeys(column.group for column in columns)
    metrics = dict.fromkeys(column.metric for column in columns)
    numbers = sorted({int(line["row"]) for line in lines})
    return PaperTable(
        number=number,
        title=_TITLES[number],
        dataset=lines[0]["dataset"] if number in (1, 2) else "",
        columns=tuple(Column(group, metric) for group in groups for metric in metrics),
        rows=tuple(_row(number, place, [line for line in lines if line["row"] == str(place)]) for place in numbers),
        remark=_REMARKS.get(number, ""),
    )


def _row(table: int, number: int, lines: list[dict[str, str]]) -> PaperRow:
    first = lines[0]
    return PaperRow(
        table=table,
        number=number,
        method=first["method"],
        windows=tuple(map(int, first["window"].strip("[]").split(","))) if first["window"] else None,
        random_shift={"yes": True, "no": False}.get(first["random_shift"]),
        published={_column(line): float(line["value"]) for line in lines},
    )


def _column(line: Mapping[str, str]) -> Column:
    number, steps = int(line["table"]), line["steps"]
    return Column(
        {4: f"{int(steps or 0) // 1000}k", 5: line["dataset"], 6: line["dataset"]}.get(number, ""), line["metric"]
    )
