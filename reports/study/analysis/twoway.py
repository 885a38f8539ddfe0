"""Variance of a mean of votes when votes of one clip, and votes of one rater, hang together."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoWay:
    """The variance of a mean with clips and raters both drawn at random, and what it rests on."""

    variance: float  # of the mean, in squared units of the votes
    clips: int
    raters: int

    @property
    def dof(self) -> int:
        """Degrees of freedom of Student's t: the smaller number of clusters, less one."""
        return min(self.clips, self.raters) - 1


def two_way(values: NDArray[np.float64], clips: pd.Series, raters: pd.Series) -> TwoWay | None:
    """Two-way clustered variance of the mean of `values` (n,), clustered by clip and by rater (n labels each).

    None where there are fewer than two clips or fewer than two raters: how much they differ cannot be told then.

    V = max(Vc + Vr - Vh, Vc, Vr), where Vc + Vr - Vh is that of a regression on a constant with clusters in two ways,
    and the maximum keeps it from falling below what one way alone shows, or below zero.

    Source: Cameron, Gelbach, Miller 2011, "Robust Inference With Multiway Clustering", eq. 2.11, with the correction
    G / (G - 1) in each way.
    """
    n = len(values)
    residuals = values - values.mean()
    clip_codes, clip_names = pd.factorize(clips)
    rater_codes, rater_names = pd.factorize(raters)
    if len(clip_names) < 2 or len(rater_names) < 2:
        return None
    by_clip = _clustered(residuals, clip_codes)
    by_rater = _clustered(residuals, rater_codes)
    # Clip and rater together name one vote, so the intersection's clusters are the votes themselves.
    by_vote = n / (n - 1) * float(np.sum(residuals**2)) / n**2
    variance = max(by_clip + by_rater - by_vote, by_clip, by_rater)
    return TwoWay(variance=variance, clips=len(clip_names), raters=len(rater_names))


def _clustered(residuals: NDArray[np.float64], codes: NDArray[np.intp]) -> float:
    sums = np.bincount(codes, weights=residuals)
    return len(sums) / (len(sums) - 1) * float(np.sum(sums**2)) / len(residuals) ** 2
