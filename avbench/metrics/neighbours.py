"""Euclidean distances between the rows of two sets, in blocks: what metrics of nearest neighbours share."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

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

    Raises:
        DataError: x has no k other rows.
    """
    if len(x) <= k:
        raise DataError(f"{len(x)} clips in a set; their {k} nearest neighbours need at least {k + 1}")
    return widened(nearest_by_group(x, np.zeros(len(x), np.int64), 1, k)[:, 0].max(axis=1), x)


def nearest_by_group(x: Features, labels: NDArray[np.int64], groups: int, k: int) -> Features:
    """(N, G, k): squared distances of each row to its k nearest other rows of each group, in no order.

    Infinite where a group has fewer. `labels` (N,) are the rows' groups.
    """
    nearest = np.full((len(x), groups, k), np.inf)
    by_group = np.argsort(labels, kind="stable")
    ends = np.cumsum(np.bincount(labels, minlength=groups))
    place = np.empty(len(x), np.int64)
    place[by_group] = np.arange(len(x))
    for first, squares in squared_distances(x, x[by_group]):
        rows = slice(first, first + len(squares))
        squares[np.arange(len(squares)), place[rows]] = np.inf  # no row is its own neighbour
        for group, members in enumerate(np.split(squares, ends[:-1], axis=1)):
            some = min(k, members.shape[1])
            nearest[rows, group, :some] = np.partition(members, some - 1, axis=1)[:, :some] if some else np.inf
    return nearest


def widened(squared: Features, x: Features) -> Features:
    """Radii (..., N) larger by what rounding can make of a squared distance between rows of x (N, D), so that a row on
    the edge of a ball is in it on every machine.
    """
    longest = float(((x - x.mean(axis=0)) ** 2).sum(axis=1).max())
    return squared + 4 * _ROUNDING * longest
