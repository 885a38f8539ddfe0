"""Improved precision and recall: are generated clips among the real ones, and are all kinds of real ones made?"""

import numpy as np
from numpy.typing import NDArray

from avbench.metrics.balls import BallMetric, Hits
from avbench.metrics.metric import metric_on_either

_K = 3  # neighbours that make a ball, as in the paper
_LEAST = 100  # clips, below which balls of three neighbours say little about where clips can lie
_SOURCE = (
    f"Balls reach to the {_K}rd nearest neighbour, in float64, ties inside. It depends on N: compare values of one N.\n"
    'Source: Kynkäänniemi et al. 2019, "Improved Precision and Recall Metric for Assessing Generative Models", eq. 1-2.'
)
_PRECISION = (
    "Precision: the share of generated clips that lie in the ball of some reference clip, in feature space. 1: all "
    f"generated clips look real; what is never generated does not count.\n{_SOURCE}"
)
_RECALL = (
    "Recall: the share of reference clips that lie in the ball of some generated clip, in feature space. 1: every kind "
    f"of real clip is generated; how real the rest looks does not count.\n{_SOURCE}"
)


@metric_on_either("precision", better="higher", explanation=_PRECISION, least_clips=_LEAST)
def precision(reference: NDArray[np.floating], generated: NDArray[np.floating]) -> float:
    """Share of generated clips within the reference's manifold, in [0, 1].

    Args:
        reference: (N, D) features, one row per clip. Computed in float64.
        generated: (M, D) features; the paper has M = N.

    Raises:
        DataError: as `frechet_distance`, or a set has fewer than 4 clips.

    Source: Kynkäänniemi et al. 2019, eq. 1-2, k = 3.
    """
    return PRECISION.of(reference, generated)


@metric_on_either("recall", better="higher", explanation=_RECALL, least_clips=_LEAST)
def recall(reference: NDArray[np.floating], generated: NDArray[np.floating]) -> float:
    """Share of reference clips within the generated clips' manifold, in [0, 1].

    Args, errors and source as of `precision`.
    """
    return RECALL.of(reference, generated)


def _share_inside(hits: Hits) -> float:
    return float((hits.per_point > 0).mean())


PRECISION = BallMetric(_K, "reference", _share_inside)
RECALL = BallMetric(_K, "generated", _share_inside)
