"""Metrics of two feature sets without some of the groups: from scratch, or by what the groups add to the whole."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avbench.metrics.balls import BallMetric, Hits, hits_of
from avbench.metrics.density_coverage import COVERAGE, DENSITY, coverage, density
from avbench.metrics.frechet import frechet_distance, frechet_of_moments
from avbench.metrics.kernel import KernelFunction, cubic_kernel, kernel_distance
from avbench.metrics.kernel_audio_distance import kernel_as_wide_as, kernel_audio_distance
from avbench.metrics.manifold import PRECISION, RECALL, precision, recall
from avbench.metrics.metric import Distance
from avbench.metrics.neighbours import nearest_by_group, widened
from avbench.metrics.pair import checked_pair
from avbench.statistics.groups import Labels
from avbench.statistics.kernel_blocks import KernelBlocks

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class GroupedSets:
    """Two sets of features whose rows belong to groups, such as a video's clips."""

    reference: NDArray[np.floating]  # (N, D)
    generated: NDArray[np.floating]  # (M, D)
    labels: tuple[Labels, Labels]  # the group of each row, (N,) and (M,)
    groups: int  # how many groups there are, G


class LeavingOut(ABC):
    """A metric's values without some groups, from both sets at once."""

    def __init__(self, sets: GroupedSets) -> None:
        self.reference, self.generated = checked_pair(sets.reference, sets.generated)
        self.labels = sets.labels
        self.groups = sets.groups

    @abstractmethod
    def without(self, left_out: Mask) -> float:
        """The metric without the groups where `left_out` (G,) is true; NaN if a set keeps fewer than 2 rows."""

    def sizes(self, left_out: Mask) -> tuple[int, int]:
        """How many rows each set keeps without these groups."""
        reference, generated = (int((~left_out[labels]).sum()) for labels in self.labels)
        return reference, generated

    def each_left_out(self) -> NDArray[np.float64]:
        """(G,) the metric without each group."""
        return np.array([self.without(one) for one in np.eye(self.groups, dtype=np.bool_)])

    def shares(self) -> NDArray[np.float64]:
        """(G,) each group's share of the rows, the mean of both sets."""
        counts = [np.bincount(labels, minlength=self.groups) / len(labels) for labels in self.labels]
        return (counts[0] + counts[1]) / 2


class FromScratch(LeavingOut):
    """Any metric, computed anew from the rows that are kept."""

    def __init__(self, function: Distance, sets: GroupedSets) -> None:
        super().__init__(sets)
        self._function = function

    def without(self, left_out: Mask) -> float:
        if min(self.sizes(left_out)) < 2:
            return float("nan")
        kept_x, kept_y = (~left_out[labels] for labels in self.labels)
        return float(self._function(self.reference[kept_x], self.generated[kept_y]))


class Frechet(LeavingOut):
    """The Fréchet distance: what the left-out rows add is taken out of mean and covariance of all rows."""

    def __init__(self, sets: GroupedSets) -> None:
        super().__init__(sets)
        # About one centre: the distance stays, and no digits are lost when products of large means are subtracted.
        centre = self.reference.mean(axis=0)
        self.reference, self.generated = self.reference - centre, self.generated - centre
        self._products = [x.T @ x for x in (self.reference, self.generated)]

    def without(self, left_out: Mask) -> float:
        sizes, D = self.sizes(left_out), self.reference.shape[1]
        if min(sizes) < 2:
            return float("nan")
        if min(sizes) <= D:  # covariances without full rank, for which rows are the cheaper way
            kept_x, kept_y = (~left_out[labels] for labels in self.labels)
            return frechet_distance(self.reference[kept_x], self.generated[kept_y])
        moments = []
        for x, labels, products, size in zip(
            (self.reference, self.generated), self.labels, self._products, sizes, strict=True
        ):
            gone = x[left_out[labels]]
            mean = (x.sum(axis=0) - gone.sum(axis=0)) / size
            moments.append((mean, (products - gone.T @ gone - size * np.outer(mean, mean)) / (size - 1)))
        (mean_x, covariance_x), (mean_y, covariance_y) = moments
        return frechet_of_moments(mean_x, covariance_x, mean_y, covariance_y)


class Kernel(LeavingOut):
    """A kernel distance: sums of the kernel over pairs of groups are added up without those left out."""

    def __init__(self, kernel: KernelFunction, sets: GroupedSets) -> None:
        super().__init__(sets)
        self.blocks = KernelBlocks.of(kernel, self.reference, self.generated, self.labels, self.groups)

    def without(self, left_out: Mask) -> float:
        return self.blocks.without(left_out)


class Balls(LeavingOut):
    """A metric of nearest neighbours: distances are computed once, and balls grow where neighbours are left out."""

    def __init__(self, metric: BallMetric, sets: GroupedSets) -> None:
        super().__init__(sets)
        self._metric = metric
        self._points, self._centres = metric.points_and_centres(self.reference, self.generated)
        self._of_points, self._of_centres = metric.points_and_centres(*self.labels)
        self._nearest = nearest_by_group(self._centres, self._of_centres, self.groups, metric.k)

    def without(self, left_out: Mask) -> float:
        return float(self._without(left_out[None])[0])

    def each_left_out(self) -> NDArray[np.float64]:
        return self._without(np.eye(self.groups, dtype=np.bool_))

    def _without(self, left_out: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(K,) the metric without each of K choices (K, G) of groups; NaN where too few rows are left for a ball."""
        kept_points, kept_centres = ~left_out[:, self._of_points], ~left_out[:, self._of_centres]
        radii = np.stack(
            [np.where(kept, self._radii(out), -1) for kept, out in zip(kept_centres, left_out, strict=True)]
        )
        values = []
        for hits, points, centres in zip(
            hits_of(self._points, self._centres, radii, kept_points), kept_points, kept_centres, strict=True
        ):
            enough = centres.sum() > self._metric.k and points.sum() > 1
            kept = Hits(hits.per_point[points], hits.per_ball[centres])
            values.append(self._metric.count(kept) if enough else math.nan)
        return np.array(values)

    def _radii(self, left_out: Mask) -> NDArray[np.float64]:
        """(C,) squared, of the centres' balls without the groups that are left out."""
        others = self._nearest[:, ~left_out].reshape(len(self._centres), -1)
        k = self._metric.k
        if others.shape[1] < k:
            return np.full(len(self._centres), np.inf)
        return widened(np.partition(others, k - 1, axis=1)[:, k - 1], self._centres)


_BALLS: dict[Distance, BallMetric] = {precision: PRECISION, recall: RECALL, density: DENSITY, coverage: COVERAGE}


def leaving_out(function: Distance, sets: GroupedSets) -> LeavingOut:
    """The quickest way to leave groups out of a metric: exact, but that KAD's kernel stays as wide as for all rows."""
    if function is frechet_distance:
        return Frechet(sets)
    if function is kernel_distance:
        return Kernel(cubic_kernel, sets)
    if function is kernel_audio_distance:
        return Kernel(kernel_as_wide_as(np.asarray(sets.reference, np.float64)), sets)
    if function in _BALLS:
        return Balls(_BALLS[function], sets)
    return FromScratch(function, sets)
