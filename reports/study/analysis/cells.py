"""Votes by cell of a table."""

from collections.abc import Iterator

import pandas as pd


def cells(votes: pd.DataFrame, *columns: str) -> Iterator[tuple[list[str], pd.DataFrame]]:
    """The values of `columns` (two or more) that occur together, sorted, each with its votes."""
    for values, group in votes.groupby(list(columns), sort=True):
        assert isinstance(values, tuple)
        yield [str(value) for value in values], group
