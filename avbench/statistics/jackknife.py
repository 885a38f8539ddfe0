"""The delete-a-group jackknife for groups of unlike sizes."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Jackknife:
    """What leaving out one group after the other tells of a value.

    Attributes:
        value: the statistic of all clips.
        corrected: the value without its bias of order 1/N.
        se: the standard error of either, by the spread of the groups.
        groups: how many groups hold clips; Student's t has one degree of freedom less.
    """

    value: float
    corrected: float
    se: float
    groups: int


def jackknife(value: float, left_out: ArrayLike, shares: ArrayLike) -> Jackknife:
    """The jackknife of a statistic from its values without each group.

    For a value that depends on the clips in second order only, such as a distance between two equal distributions, the
    error is too large on average, never too small (Efron and Stein 1981, "The Jackknife Estimate of Variance").

    Args:
        value: the statistic of all clips.
        left_out: (G,) the statistic without each group.
        shares: (G,) each group's share of the clips; they sum to 1. Groups of share 0 do not count.

    Returns:
        NaN for `corrected` and `se` where fewer than two groups hold clips.

    Source: Busing, Meijer and van der Leeden 1999, "Delete-m Jackknife for Unequal m", eq. 6 to 8.
    """
    shares = np.asarray(shares, np.float64)
    there = shares > 0
    groups = int(there.sum())
    if groups < 2:
        return Jackknife(value, math.nan, math.nan, groups)
    left_out, h = np.asarray(left_out, np.float64)[there], 1 / shares[there]
    corrected = groups * value - ((1 - 1 / h) * left_out).sum()
    pseudo_values = h * value - (h - 1) * left_out
    variance = ((pseudo_values - corrected) ** 2 / (h - 1)).mean()
    return Jackknife(value, float(corrected), math.sqrt(variance), groups)
