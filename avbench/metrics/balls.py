"""Which rows lie in the balls around which others: what precision, recall, density and coverage count.

Each centre has a ball that reaches to its k-th nearest other centre. Metrics differ in whose rows are the centres, in k
and in how they count.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from avbench.metrics.neighbours import squared_distances, squared_radii
from avbench.metrics.pair import Features, checked_pair

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hits:
    """How often points lie in balls."""

    per_point: NDArray[np.int64]  # (P,) balls that each point lies in
    per_ball: NDArray[np.int64]  # (C,) points that each ball holds


@dataclass(frozen=True, slots=True)
class BallMetric:
    """A metric of two sets: the rows of one are centres of balls, those of the other points."""

    k: int  # neighbours that make a ball
    centres: Literal["reference", "generated"]
    count: Callable[[Hits], float]

    def of(self, reference: NDArray[np.floating], generated: NDArray[np.floating]) -> float:
        """The metric of sets (N, D) and (M, D).

        Raises:
            DataError: as `frechet_distance`, or there are no k other centres.
        """
        points, centres = self.points_and_centres(*checked_pair(reference, generated))
        everyone = np.ones((1, len(points)), np.bool_)
        (hits,) = hits_of(points, centres, squared_radii(centres, self.k)[None], everyone)
        return self.count(hits)

    def points_and_centres(self, reference: T, generated: T) -> tuple[T, T]:
        """The two sets, or what belongs to them, in the order in which distances are computed."""
        return (generated, reference) if self.centres == "reference" else (reference, generated)


def hits_of(points: Features, centres: Features, radii: NDArray[np.float64], counted: NDArray[np.bool_]) -> list[Hits]:
    """The hits under each of K choices of radii and of points; distances are computed once for all.

    Args:
        points: (P, D).
        centres: (C, D).
        radii: (K, C) squared; a negative one makes no ball. Points on the edge are inside.
        counted: (K, P) which points count.
    """
    per_point = np.zeros((len(radii), len(points)), np.int64)
    per_ball = np.zeros(radii.shape, np.int64)
    widest = radii.max(axis=0)
    for first, squares in squared_distances(points, centres):
        rows, balls = np.nonzero(squares <= widest)  # few of all pairs
        near, rows = squares[rows, balls], rows + first
        for choice, (reach, count) in enumerate(zip(radii, counted, strict=True)):
            hit = (near <= reach[balls]) & count[rows]
            per_point[choice] += np.bincount(rows[hit], minlength=len(points))
            per_ball[choice] += np.bincount(balls[hit], minlength=len(centres))
    return [Hits(*pair) for pair in zip(per_point, per_ball, strict=True)]
