"""Euclidean distances between the rows of two sets, in blocks: what metrics of nearest neighbours share."""

from collections.abc import Iterator

import numpy as np

from avbench.errors import DataError
from avbench.metrics.pair import Features

_BLOCK_VALUES = 2**22  # distances held at once: 32 MiB, however many clips there are
_ROUNDING = 1e-12  # of a squared distance, relative to the largest squared length that went into it


def squared_distances(x: Features, y: Features) -> Iterator[tuple[int, Features]]:
    """Squared distances (n, M) of the rows x[first : first + n] to all rows of y, block by block, with `first`.

    By way of |x|^2 + |y|^2 - 2 x.y, which is many times quicker than differences, after the mean is taken off, which
    keeps the digits. What rounding alone may have made of 0 is 0.
    """
    middle = y.mean(axis=0)
    x, y = x - middle, y - middle
    lengths = (y * y).sum(axis=1)
    rows = max(1, _BLOCK_VALUES // len(y))
    for first in range(0, len(x), rows):
        block = x[first : first + rows]
        own = (block * block).sum(axis=1)[:, None]
        squares = own + lengths - 2 * (block @ y.T)
        squares[squares <= _ROUNDING * (own + lengths)] = 0
        yield first, squares


def squared_radii(x: Features, k: int) -> Features:
    """(N,): squared distance of each row to its k-th nearest other row.

    The radii are larger by what rounding can make of a squared distance, so that a row on the edge of a ball is in it
    on every machine.

    Raises:
        DataError: x has no k other rows.
    """
    if len(x) <= k:
        raise DataError(f"{len(x)} clips in a set; their {k} nearest neighbours need at least {k + 1}")
    radii = np.empty(len(x))
    for first, squares in squared_distances(x, x):
        np.fill_diagonal(squares[:, first:], np.inf)
        radii[first : first + len(squares)] = np.partition(squares, k - 1, axis=1)[:, k - 1]
    longest = float(((x - x.mean(axis=0)) ** 2).sum(axis=1).max())
    return radii + 4 * _ROUNDING * longest
