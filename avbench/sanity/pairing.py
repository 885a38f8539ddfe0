"""The corruption that no single window shows: pictures with another window's sound."""

import numpy as np
from numpy.typing import NDArray

NAME = "pair-shuffling"
STRENGTHS = (0.25, 0.5, 0.75, 1.0)
UNIT = "share of windows with another's sound"


def shuffled_partners(windows: int, strength: float, randomness: np.random.Generator) -> NDArray[np.int64]:
    """Whose sound each window gets, by number: a permutation, in which a share of the windows gets another's."""
    partners = np.arange(windows)
    taking_part = randomness.permutation(windows)[: max(2, round(strength * windows))]
    partners[taking_part] = np.roll(taking_part, 1)
    return partners
