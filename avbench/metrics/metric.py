"""What a metric is, and the registry of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avbench.registry import Registry

Distance = Callable[[NDArray[np.floating], NDArray[np.floating]], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A number that says how far generated clips are from reference clips.

    `function` takes features of the reference and of the generated clips, (N, D) and (M, D), one row per clip.
    """

    name: str
    function: Distance
    modality: Literal["video", "audio"]  # whose features it takes
    better: Literal["lower", "higher"]
    scale: float  # tables show `scale` times what `function` returns
    explanation: str  # what `avbench explain NAME` says of it, its source at the end


METRICS: Registry[Metric] = Registry("metric", "avbench.metrics")


def metric(
    name: str,
    *,
    modality: Literal["video", "audio"],
    better: Literal["lower", "higher"],
    scale: float = 1.0,
    explanation: str,
) -> Callable[[Distance], Distance]:
    """Files a function of two (N, D) arrays as the metric `name`; one function may bear several names.

    Raises:
        UsageError: the name is taken.
    """

    def add(function: Distance) -> Distance:
        METRICS.register(name)(
            Metric(name=name, function=function, modality=modality, better=better, scale=scale, explanation=explanation)
        )
        return function

    return add
