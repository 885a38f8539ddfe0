"""Distance to the nearest reference clip: shows generated clips that were memorised, and outliers."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from avbench.metrics.clip_metric import CLIP_METRICS
from avbench.metrics.pair import checked_pair


def nearest_reference(reference: NDArray[np.floating], generated: NDArray[np.floating]) -> NDArray[np.float64]:
    """Euclidean distance, in feature units, of each generated clip to the nearest reference clip.

    Args:
        reference: (N, D) features, one row per clip.
        generated: (M, D) features.

    Returns:
        (M,); 0 for a copy of a reference clip.

    Raises:
        DataError: as `frechet_distance`.

    Source: the nearest-neighbour check of Heusel et al. 2017 and many since; no equation of its own.
    """
    real, fake = checked_pair(reference, generated)
    distances, _ = KDTree(real).query(fake)
    return np.asarray(distances, np.float64)


CLIP_METRICS.register("nearest_video")(("video", nearest_reference))
CLIP_METRICS.register("nearest_audio")(("audio", nearest_reference))
