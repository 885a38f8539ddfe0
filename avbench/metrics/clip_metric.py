"""Metrics of single clips: columns of `clips.parquet`."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avbench.registry import Registry

# (N, D) reference and (M, D) generated features -> (M,) values, one for each generated window.
ClipMetric = Callable[[NDArray[np.floating], NDArray[np.floating]], NDArray[np.float64]]

CLIP_METRICS: Registry[tuple[Literal["video", "audio"], ClipMetric]] = Registry("clip metric", "avbench.metrics")
