"""The kernel distance (unbiased squared MMD) by groups of rows, and its variance in closed form."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avbench.metrics.kernel import KernelFunction
from avbench.metrics.pair import Features
from avbench.statistics.groups import Labels

_BLOCK_VALUES = 2**22  # kernel values held at once: 32 MiB

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class KernelBlocks:
    """Sums of the kernel over pairs of groups (G, G), without pairs of a row with itself.

    Attributes:
        within_x, within_y: among the rows of one set.
        between: rows of x (first axis) with rows of y.
        counts_x, counts_y: (G,) rows of each group.
    """

    within_x: Matrix
    within_y: Matrix
    between: Matrix
    counts_x: NDArray[np.int64]
    counts_y: NDArray[np.int64]

    @classmethod
    def of(
        cls, kernel: KernelFunction, x: Features, y: Features, labels: tuple[Labels, Labels], groups: int
    ) -> "KernelBlocks":
        """The sums for x (N, D) and y (M, D), whose rows are in the groups `labels`, (N,) and (M,)."""
        labels_x, labels_y = labels
        return cls(
            within_x=_sums(kernel, x, labels_x, x, labels_x, groups, skip_diagonal=True),
            within_y=_sums(kernel, y, labels_y, y, labels_y, groups, skip_diagonal=True),
            between=_sums(kernel, x, labels_x, y, labels_y, groups, skip_diagonal=False),
            counts_x=np.bincount(labels_x, minlength=groups),
            counts_y=np.bincount(labels_y, minlength=groups),
        )

    def without(self, left_out: NDArray[np.bool_]) -> float:
        """The distance without the groups where `left_out` (G,) is true; NaN if a set keeps fewer than 2 rows."""
        kept = ~left_out
        N, M = int(self.counts_x[kept].sum()), int(self.counts_y[kept].sum())
        if min(N, M) < 2:
            return float("nan")
        pairs = np.ix_(kept, kept)
        within = self.within_x[pairs].sum() / (N * (N - 1)) + self.within_y[pairs].sum() / (M * (M - 1))
        return float(within - 2 * self.between[pairs].sum() / (N * M))

    def averages(self) -> "Terms":
        """What each pair of groups adds to the distance; the terms of several runs may be averaged."""
        N, M = int(self.counts_x.sum()), int(self.counts_y.sum())
        return Terms(
            within_x=self.within_x / (N * (N - 1)),
            within_y=self.within_y / (M * (M - 1)),
            between=self.between / (N * M),
            shares_x=self.counts_x / N,
            shares_y=self.counts_y / M,
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """The distance as a sum over pairs of groups: within_x + within_y - 2 between, with each group's share of rows."""

    within_x: Matrix
    within_y: Matrix
    between: Matrix
    shares_x: NDArray[np.float64]
    shares_y: NDArray[np.float64]

    @classmethod
    def mean(cls, terms: Sequence["Terms"]) -> "Terms":
        """The mean over runs whose groups are the same."""
        names = (field.name for field in dataclasses.fields(cls))
        return cls(**{name: np.mean([getattr(one, name) for one in terms], axis=0) for name in names})

    def variance(self) -> float:
        """The variance of the distance, by its Hoeffding decomposition over groups.

        The first-order part, what each group adds by itself, and the second-order part, what pairs of groups add
        beyond that, are uncorrelated. For equal distributions only the second is left, which a jackknife would count
        twice; that surplus is subtracted here.

        Source: Serfling 1980, "Approximation Theorems of Mathematical Statistics", sec. 5.2.1; for the kernel distance
        Sutherland et al. 2017, "Generative Models and Model Criticism via Optimized MMD", appendix A.
        """
        pure_x, pure_y = (
            _centred(self.within_x, self.shares_x, self.shares_x),
            _centred(self.within_y, self.shares_y, self.shares_y),
        )
        pure_between = _centred(self.between, self.shares_x, self.shares_y)
        second = 2 * _off_diagonal_squares(pure_x) + 2 * _off_diagonal_squares(pure_y) + 4 * (pure_between**2).sum()
        alone_x = 2 * (_alone(self.within_x, self.shares_x) - _alone(self.between, self.shares_x))
        alone_y = 2 * (_alone(self.within_y, self.shares_y) - _alone(self.between.T, self.shares_y))
        first = _corrected_squares(alone_x, self.shares_x) + _corrected_squares(alone_y, self.shares_y)
        # `first` holds the second-order part twice.
        return float(max(first - second, second))


def _sums(
    kernel: KernelFunction,
    x: Features,
    labels_x: Labels,
    y: Features,
    labels_y: Labels,
    groups: int,
    *,
    skip_diagonal: bool,
) -> Matrix:
    member = np.zeros((len(y), groups))
    member[np.arange(len(y)), labels_y] = 1
    sums = np.zeros((groups, groups))
    rows = max(1, _BLOCK_VALUES // len(y))
    for first in range(0, len(x), rows):
        values = kernel(x[first : first + rows], y)
        if skip_diagonal:
            np.fill_diagonal(values[:, first:], 0)
        np.add.at(sums, labels_x[first : first + rows], values @ member)
    return sums


def _alone(terms: Matrix, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """(G,) what each group of the first axis adds, less its share of the sum."""
    alone: NDArray[np.float64] = terms.sum(axis=1) - shares * terms.sum()
    return alone


def _centred(terms: Matrix, shares_x: NDArray[np.float64], shares_y: NDArray[np.float64]) -> Matrix:
    """What pairs of groups add beyond what their members add alone."""
    rows, columns = np.outer(terms.sum(axis=1), shares_y), np.outer(shares_x, terms.sum(axis=0))
    centred: Matrix = terms - rows - columns + np.outer(shares_x, shares_y) * terms.sum()
    return centred


def _off_diagonal_squares(matrix: Matrix) -> float:
    """A group with itself is left out: without its pairs of a row with itself, it is no pair like others."""
    return float((matrix**2).sum() - (np.diag(matrix) ** 2).sum())


def _corrected_squares(alone: NDArray[np.float64], shares: NDArray[np.float64]) -> float:
    groups = int((shares > 0).sum())
    return float((alone**2).sum()) * groups / (groups - 1)
