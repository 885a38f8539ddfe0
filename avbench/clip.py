"""The nouns that everybody speaks: the shape of a clip, and a clip."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avbench.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSpec:
    """The shape of a clip. The defaults are the paper's (MM-Diffusion, section 4.1): 1.6 s, 16x3x64x64 and 1x25,600."""

    frames: int = 16
    fps: Fraction = Fraction(10)  # frames per second
    size: int = 64  # pixels, both sides
    sample_rate: int = 16_000  # Hz

    def __post_init__(self) -> None:
        for name in ("frames", "fps", "size", "sample_rate"):
            if getattr(self, name) <= 0:
                raise UsageError(f"a clip's {name} is {getattr(self, name)}; it must be positive")

    @property
    def seconds(self) -> Fraction:
        return Fraction(self.frames) / Fraction(self.fps)

    @property
    def samples(self) -> int:
        """Audio samples of a clip; a fraction of a sample is dropped."""
        return int(self.seconds * self.sample_rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """Pictures and sound that start together: audio sample 0 and frame 0 are simultaneous."""

    key: str
    video: NDArray[np.uint8] | None  # (T, H, W, 3), RGB
    audio: NDArray[np.float32] | None  # (C, S), in [-1, 1]
    fps: Fraction
    sample_rate: int
    label: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)  # reserved: prompt, condition_key, model, seed, steps
