"""Corruptions of a set, none of whose windows is damaged: copies of the reference, and many times the same."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCorruption:
    """What is done to the judged windows as a set."""

    name: str
    unit: str  # what a strength counts
    strengths: tuple[float, ...] = (0.1, 0.25, 0.5, 1.0)


COPYING = SetCorruption(name="copying", unit="share of windows that are copied from the reference")
COLLAPSE = SetCorruption(name="collapse", unit="share of windows that are one and the same")


def windows_taking_part(windows: int, strength: float, randomness: np.random.Generator) -> NDArray[np.int64]:
    """Numbers of the windows that are replaced; those of a lower strength are among those of a higher one."""
    return randomness.permutation(windows)[: max(1, round(strength * windows))]
