"""Whether raters drift: the slope of votes over how many the rater has given before (learning, fatigue)."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from scipy import stats

from reports.study.analysis.cells import cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Change of votes over a rater's session in one task of a data set, with a 95 % interval clustered by rater."""

    dataset: str
    task: str
    n_votes: int
    n_raters: int
    slope: float | None  # points on the scale (or share of passes) per ten votes; None where it cannot be told
    low: float | None
    high: float | None


def drifts(votes: pd.DataFrame) -> list[Drift]:
    """The slope in each data set and task, sorted.

    A vote counts less the mean of its method, so that an order that is not balanced does not pass for drift.

    Args:
        votes: votes with `score`, `timestamp`, `page_id` and `position`; a rater's order is by time, then by position.
    """
    order = votes.sort_values(["rater_id", "timestamp", "page_id", "position"], kind="stable")
    order = order.assign(place=order.groupby("rater_id").cumcount())
    return [_drift(dataset, task, group) for (dataset, task), group in cells(order, "dataset", "task")]


def _drift(dataset: str, task: str, votes: pd.DataFrame) -> Drift:
    residuals = votes["score"] - votes.groupby("method")["score"].transform("mean")
    place = votes["place"].to_numpy(np.float64) / 10
    centred = place - place.mean()
    spread = float(np.sum(centred**2))
    raters = votes["rater_id"].nunique()
    slope = low = high = None
    if spread > 0:
        slope = float(np.sum(centred * residuals) / spread)
        if raters > 1:
            leftover = residuals.to_numpy(np.float64) - slope * centred
            sums = pd.Series(centred * leftover).groupby(votes["rater_id"].to_numpy()).sum()
            se = sqrt(raters / (raters - 1) * float(np.sum(sums**2))) / spread
            half = float(stats.t.ppf(0.975, raters - 1)) * se
            low, high = slope - half, slope + half
    return Drift(dataset=dataset, task=task, n_votes=len(votes), n_raters=raters, slope=slope, low=low, high=high)
