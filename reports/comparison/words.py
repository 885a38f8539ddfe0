"""The numbers of a comparison as text, the same in every format."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor, isfinite, log10

from reports.comparison.table import Cell, Comparison
from reports.paper_rows import Column

MINUS = "−"
_DIGITS = 4  # significant ones, of numbers that the paper does not have
_SPOKEN = {"turing_pass_percent": "passes, %"}


@dataclass(frozen=True, slots=True)
class Words:
    """A cell as text; parts that there are not are empty."""

    published: str
    ours: str
    interval: str
    difference: str


def heading(column: Column) -> str:
    """A column's metric, as people call it, with an arrow to where it is better."""
    arrow = "↓" if column.better == "lower" else "↑"
    return f"{_SPOKEN.get(column.metric, column.metric)} {arrow}"


def words(comparison: Comparison) -> Iterator[tuple[Words, ...]]:
    """The words of every line's cells, and of those from the literature after them."""
    decimals = {column: _decimals(comparison, place) for place, column in enumerate(comparison.table.columns)}
    for line in (*comparison.lines, *comparison.literature):
        yield tuple(
            _words(cell, column, decimals[column])
            for column, cell in zip(comparison.table.columns, line.cells, strict=True)
        )


def number(value: float, decimals: int) -> str:
    """With a true minus; NaN and infinities by their names."""
    return f"{value:.{decimals}f}".replace("-", MINUS) if isfinite(value) else "not a number"


def significant(largest: float) -> int:
    """As many decimals as give `largest` its significant digits."""
    if not isfinite(largest) or largest == 0:
        return _DIGITS - 1
    return min(max(_DIGITS - 1 - floor(log10(abs(largest))), 0), 9)


def _words(cell: Cell, column: Column, decimals: int) -> Words:
    published = "" if cell.published is None else number(cell.published, _printed(cell.published, column))
    if cell.ours is None:
        return Words(published, "", "", "")
    one = cell.ours
    known = isfinite(one.low) and isfinite(one.high)
    interval = f"[{number(one.low, decimals)}, {number(one.high, decimals)}]" if known else ""
    difference = number(cell.difference, decimals) if isfinite(cell.difference) else ""
    if difference and cell.difference > 0:
        difference = f"+{difference}"
    return Words(published, number(one.value, decimals), interval, difference)


def _decimals(comparison: Comparison, place: int) -> int:
    column = comparison.table.columns[place]
    scores = [line.cells[place].ours for line in comparison.lines]
    values = [score.value for score in scores if score is not None and isfinite(score.value)]
    if all("[" not in score.metric for score in scores if score is not None):
        return column.decimals
    return significant(max(map(abs, values), default=0.0))


def _printed(value: float, column: Column) -> int:
    """Decimals as the paper has them; one of its numbers has three."""
    return column.decimals if round(value, column.decimals) == value else 3
