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
_SOME = 256  # rows that tell the kernel's constant

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class KernelBlocks:
    """Sums of the kernel, up to a constant, over pairs of groups (G, G), without pairs of a row with itself.

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
        # A constant in the kernel drops out of the distance, but where it is large it takes the digits of the parts.
        offset = float(kernel(x[:_SOME], y[:_SOME]).mean())
        return cls(
            within_x=_sums(kernel, x, labels_x, x, labels_x, groups, offset=offset, skip_diagonal=True),
            within_y=_sums(kernel, y, labels_y, y, labels_y, groups, offset=offset, skip_diagonal=True),
            between=_sums(kernel, x, labels_x, y, labels_y, groups, offset=offset, skip_diagonal=False),
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

    def parts(self) -> "Parts":
        """What groups and pairs of groups add to the distance; the parts of several runs may be averaged."""
        N, M = int(self.counts_x.sum()), int(self.counts_y.sum())
        within_x, within_y = self.within_x / (N * (N - 1)), self.within_y / (M * (M - 1))
        between = self.between / (N * M)
        shares_x, shares_y = self.counts_x / N, self.counts_y / M
        return Parts(
            alone_x=2 * (_alone(within_x, shares_x) - _alone(between, shares_x)),
            alone_y=2 * (_alone(within_y, shares_y) - _alone(between.T, shares_y)),
            pairs_x=_pairs(within_x, shares_x, shares_x),
            pairs_y=_pairs(within_y, shares_y, shares_y),
            pairs_between=_pairs(between, shares_x, shares_y),
        )


@dataclass(frozen=True, slots=True)
class Parts:
    """The Hoeffding decomposition of the distance over groups, whose parts have mean 0.

    Attributes:
        alone_x, alone_y: (G,) what each group adds by itself.
        pairs_x, pairs_y, pairs_between: (G, G) what each pair of groups adds beyond that.
    """

    alone_x: NDArray[np.float64]
    alone_y: NDArray[np.float64]
    pairs_x: Matrix
    pairs_y: Matrix
    pairs_between: Matrix

    @classmethod
    def mean(cls, parts: Sequence["Parts"]) -> "Parts":
        """The mean over runs whose groups are the same."""
        names = (field.name for field in dataclasses.fields(cls))
        return cls(**{name: np.mean([getattr(one, name) for one in parts], axis=0) for name in names})

    def variance(self) -> float:
        """The variance of the distance.

        For equal distributions the groups add nothing by themselves, and the pairs alone decide. A jackknife counts
        those twice; the surplus is subtracted here.

        Source: Serfling 1980, "Approximation Theorems of Mathematical Statistics", sec. 5.2.1; for the kernel distance
        Sutherland et al. 2017, "Generative Models and Model Criticism via Optimized MMD", appendix A.
        """
        pairs = 2 * _off_diagonal_squares(self.pairs_x) + 2 * _off_diagonal_squares(self.pairs_y)
        pairs += 4 * float((self.pairs_between**2).sum())
        alone = _squares(self.alone_x) + _squares(self.alone_y)  # holds the pairs' part twice
        return max(alone - pairs, pairs)


def _sums(
    kernel: KernelFunction,
    x: Features,
    labels_x: Labels,
    y: Features,
    labels_y: Labels,
    groups: int,
    *,
    offset: float,
    skip_diagonal: bool,
) -> Matrix:
    member = np.zeros((len(y), groups))
    member[np.arange(len(y)), labels_y] = 1
    sums = np.zeros((groups, groups))
    rows = max(1, _BLOCK_VALUES // len(y))
    for first in range(0, len(x), rows):
        values = kernel(x[first : first + rows], y) - offset
        if skip_diagonal:
            np.fill_diagonal(values[:, first:], 0)
        np.add.at(sums, labels_x[first : first + rows], values @ member)
    return sums


def _alone(terms: Matrix, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """(G,) what each group of the first axis adds, less its share of the sum."""
    alone: NDArray[np.float64] = terms.sum(axis=1) - shares * terms.sum()
    return alone


def _pairs(terms: Matrix, shares_x: NDArray[np.float64], shares_y: NDArray[np.float64]) -> Matrix:
    """(G, G) what pairs of groups add beyond what their members add alone."""
    rows, columns = np.outer(terms.sum(axis=1), shares_y), np.outer(shares_x, terms.sum(axis=0))
    pairs: Matrix = terms - rows - columns + np.outer(shares_x, shares_y) * terms.sum()
    return pairs


def _off_diagonal_squares(matrix: Matrix) -> float:
    """A group with itself is left out: without its pairs of a row with itself, it is no pair like others."""
    return float((matrix**2).sum() - (np.diag(matrix) ** 2).sum())


def _squares(alone: NDArray[np.float64]) -> float:
    """Sum of squares, corrected for the mean that was subtracted."""
    groups = int(np.count_nonzero(alone))
    return float((alone**2).sum()) * groups / max(groups - 1, 1)
