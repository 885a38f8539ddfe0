"""Density and coverage: precision and recall that one outlier does not move."""

import numpy as np
from numpy.typing import NDArray

from avbench.metrics.balls import BallMetric, Hits
from avbench.metrics.metric import metric_on_either

_K = 5  # neighbours that make a ball, as in the paper
_LEAST = 100  # clips
_SOURCE = (
    f"Balls reach to the {_K}th nearest neighbour, in float64, ties inside.\n"
    'Source: Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics for Generative Models", eq. 3-4.'
)
_DENSITY = (
    "Density: how many balls of reference clips a generated clip lies in, on average, by how many it may be expected "
    "to: about 1 for equal distributions, more where generated clips crowd where real ones are dense. Unlike "
    f"precision, the wide ball of one outlier adds little.\n{_SOURCE}"
)
_COVERAGE = (
    "Coverage: the share of reference clips whose ball holds at least one generated clip. For equal distributions and "
    "N = M it is expected to be 1 - (N-1)...(N-k) / ((2N-1)...(2N-k)), about 0.97. Balls are those of reference clips, "
    f"so that generated outliers, other than in recall, widen nothing.\n{_SOURCE}"
)


@metric_on_either("density", better="higher", explanation=_DENSITY, least_clips=_LEAST)
def density(reference: NDArray[np.floating], generated: NDArray[np.floating]) -> float:
    """Mean number of reference balls around a generated clip, over k = 5; not negative, may exceed 1.

    Args:
        reference: (N, D) features, one row per clip. Computed in float64.
        generated: (M, D) features; M may differ from N.

    Raises:
        DataError: as `frechet_distance`, or the reference has fewer than 6 clips.

    Source: Naeem et al. 2020, eq. 3.
    """
    return DENSITY.of(reference, generated)


@metric_on_either("coverage", better="higher", explanation=_COVERAGE, least_clips=_LEAST)
def coverage(reference: NDArray[np.floating], generated: NDArray[np.floating]) -> float:
    """Share of reference balls that hold a generated clip, in [0, 1].

    Args and errors as of `density`. Source: Naeem et al. 2020, eq. 4.
    """
    return COVERAGE.of(reference, generated)


def expected_coverage(clips: int, k: int = _K) -> float:
    """Coverage expected of two sets of `clips` each from one distribution. Source: Naeem et al. 2020, lemma 3."""
    steps = np.arange(1, k + 1)
    return float(1 - np.prod((clips - steps) / (2 * clips - steps)))


def _mean_balls(hits: Hits) -> float:
    return float(hits.per_point.mean()) / _K


def _share_holding(hits: Hits) -> float:
    return float((hits.per_ball > 0).mean())


DENSITY = BallMetric(_K, "reference", _mean_balls)
COVERAGE = BallMetric(_K, "reference", _share_holding)
