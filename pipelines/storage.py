"""How clips are stored: what decides the bytes of a clip, besides its item."""

from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import version
from typing import Any

import av

from avbench.clipset.clipset import Channel, Fit
from avbench.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """The choices of whoever prepares a set; the defaults suit training and evaluation at 10 frames per second."""

    clip_seconds: Fraction | None = Fraction(10)  # None: items stay whole
    fps: Fraction | None = Fraction(10)  # None: each item's own
    fit: Fit = "native"  # how pictures become square; native: they keep their aspect
    channel: Channel = "native"
    lossless: bool = False  # FFV1 in Matroska, five times as large
    v64: bool = False  # also frames of 64x64 as an array, 200 times as fast to read

    def __post_init__(self) -> None:
        if self.clip_seconds is not None and self.clip_seconds < Fraction(1, 10):
            raise UsageError(f"clips of {float(self.clip_seconds)} s are too short; the least is 0.1 s")
        if self.fps is not None and not 0 < self.fps <= 240:
            raise UsageError(f"clips of {float(self.fps)} frames per second: it must be above 0 and at most 240")

    def as_dict(self) -> dict[str, Any]:
        """For files and messages."""
        return {
            "clip_seconds": "whole" if self.clip_seconds is None else str(self.clip_seconds),
            "fps": "native" if self.fps is None else str(self.fps),
            "fit": self.fit,
            "channel": self.channel,
            "lossless": self.lossless,
            "v64": self.v64,
        }


def versions() -> dict[str, str]:
    """Versions of all that decides the bytes of a clip."""
    libraries = {name: ".".join(map(str, av.library_versions[name])) for name in ("libavcodec", "libswscale")}
    return {name: version(name) for name in ("avbench", "av", "numpy", "torch", "torchaudio")} | libraries
