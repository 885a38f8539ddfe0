"""Values for infinitely many clips: a line through values at growing N, drawn without replacement.

A Fréchet distance of N clips lies above that of infinitely many by about b / N. Values at smaller N tell b. They are
drawn without replacement, by leaving out each quarter and each eighth of the groups of source videos in turn:
drawing clips with replacement, as FID-infinity does, repeats clips, which adds a bias of its own. Since every group is
left out equally often, the draws move the line in second order only.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Besides the single groups, which the jackknife leaves out anyway. Halves would reach further, but vary more.
PARTS = (4, 8)


@dataclass(frozen=True, slots=True)
class Line:
    """The least-squares line value = limit + slope / N, with 1/N in units of all clips."""

    limit: float
    slope: float  # how far the value of all clips lies above the limit, by the line
    limit_se: float  # by how far the values lie off the line; NaN for two points


def parts_left_out(groups: int, parts: int, randomness: np.random.Generator) -> Iterator[NDArray[np.bool_]]:
    """Shares the groups out over `parts` parts at random; for each part, which groups (G,) it leaves out."""
    for part in np.array_split(randomness.permutation(groups), parts):
        out = np.zeros(groups, np.bool_)
        out[part] = True
        yield out


def extrapolate(inverse_sizes: ArrayLike, values: ArrayLike) -> Line:
    """The line through values at several N, and where it ends for infinite N.

    Args:
        inverse_sizes: (K,) 1/N in any unit; the slope is per unit.
        values: (K,) the statistic at each N.

    Returns:
        NaN throughout where there are fewer than two sizes.

    Source: Chong and Forsyth 2020, "Effectively Unbiased FID and Inception Score and Where to Find Them", sec. 3, but
    for draws without replacement.
    """
    x, y = np.asarray(inverse_sizes, np.float64), np.asarray(values, np.float64)
    spread = ((x - x.mean()) ** 2).sum() if len(x) > 1 else 0.0
    if spread == 0:
        return Line(math.nan, math.nan, math.nan)
    slope = ((x - x.mean()) * (y - y.mean())).sum() / spread
    limit = y.mean() - slope * x.mean()
    if len(x) == 2:
        return Line(float(limit), float(slope), math.nan)
    scatter = ((y - limit - slope * x) ** 2).sum() / (len(x) - 2)
    return Line(float(limit), float(slope), math.sqrt(scatter * (1 / len(x) + x.mean() ** 2 / spread)))
