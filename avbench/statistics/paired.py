"""Is one method better than another? Their difference, with what both owe to the same reference clips taken out."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from avbench.statistics.estimate import Estimate
from avbench.statistics.extrapolation import extrapolate
from avbench.statistics.jackknife import jackknife

Verdict = Literal["first", "second", "tie", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first method's value less the second's, in one metric.

    Attributes:
        difference: at infinite N where the metric is extrapolated, else at the N of both; NaN if unknown.
        low, high: its 95 % interval.
        better: the method whose lead the interval confirms, or "tie" where it holds 0.
        why_unknown: why there is no interval.
    """

    metric: str
    n_reference: int
    n_generated: int
    first: float  # mean over runs at the N of both
    second: float
    difference: float = math.nan
    se: float = math.nan
    low: float = math.nan
    high: float = math.nan
    better: Verdict = "unknown"
    why_unknown: str = ""


def paired_difference(first: Estimate, second: Estimate) -> Difference:
    """The difference of two lines of one metric, whose evaluations left out the same reference videos.

    The jackknife is of the difference itself: a draw of the reference that is kind to both methods moves it little, so
    that its error is smaller than that of two independent values.

    Args:
        first: a line of one method.
        second: the line of the other, of the same metric, N, runs and reference draws.
    """
    known = Difference(
        metric=first.metric,
        n_reference=first.n_reference,
        n_generated=first.n_generated,
        first=first.value,
        second=second.value,
    )
    if why := _why_unknown(first, second):
        return dataclasses.replace(known, why_unknown=why)
    shares = (np.array(first.shares) + second.shares) / 2
    jackknifed = jackknife(first.value - second.value, np.array(first.left_out) - second.left_out, shares)
    difference, se = jackknifed.value, jackknifed.se
    if first.kind == "extrapolated":
        sizes = (np.array(first.inverse_sizes) + second.inverse_sizes) / 2
        line = extrapolate(sizes, np.array(first.values) - second.values)
        difference, se = line.limit, math.hypot(se, line.limit_se)
    half = float(stats.t.ppf(0.975, jackknifed.groups - 1)) * se
    low, high = difference - half, difference + half
    better = _verdict(low, high, first.better)
    return dataclasses.replace(known, difference=difference, se=se, low=low, high=high, better=better)


def _why_unknown(first: Estimate, second: Estimate) -> str:
    for one in (first, second):
        if not one.left_out:
            return one.why_none or "errors were not computed"
        if not math.isfinite(one.jackknife.se):
            return "a value is not a finite number"
    if len(first.left_out) != len(second.left_out):
        return (
            f"{len(first.left_out)} and {len(second.left_out)} groups of source videos cannot be paired; "
            "take sets of at least 32 sources each"
        )
    return ""


def _verdict(low: float, high: float, better: Literal["lower", "higher"]) -> Verdict:
    if low <= 0 <= high:
        return "tie"
    return "first" if (high < 0) == (better == "lower") else "second"
