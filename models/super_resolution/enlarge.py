"""Two ways to enlarge a clip's pictures: by the upsampler, and by the bicubic filter that it has to surpass."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from avbench.seeds import stream
from models.super_resolution.degrade import bicubic, to_levels, to_signed
from models.super_resolution.unet import SuperResolutionUNet
from models.super_resolution.upscale import STEPS, upscale


class Enlarger(Protocol):
    """Makes large pictures of small ones.

    Attributes:
        low_size, size: sides of the pictures that go in and come out.
    """

    @property
    def low_size(self) -> int: ...

    @property
    def size(self) -> int: ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """What decides the pictures, for the manifest."""
        ...

    def enlarge(self, video: NDArray[np.uint8], key: str) -> NDArray[np.uint8]:
        """(T, h, w, 3) of the clip `key` -> (T, H, W, 3)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Upsampler:
    """Enlarges by a network. A clip's pictures depend on the seed and its key, not on other clips."""

    network: SuperResolutionUNet  # in evaluation mode
    name: str  # of its run and checkpoint, for the manifest
    seed: int = 0
    steps: int = STEPS

    @property
    def low_size(self) -> int:
        return self.network.config.low_size

    @property
    def size(self) -> int:
        return self.network.config.size

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"upsampler": self.name, "size": self.size, "seed": self.seed, "steps": self.steps}

    def enlarge(self, video: NDArray[np.uint8], key: str) -> NDArray[np.uint8]:
        device = next(self.network.parameters()).device
        noise_BCHW = stream(self.seed, "upscale", key).standard_normal((1, 3, self.size, self.size), np.float32)
        low_BCTHW = to_signed(video).transpose(0, 1)[None]
        out = upscale(self.network, low_BCTHW.to(device), torch.from_numpy(noise_BCHW).to(device), steps=self.steps)
        return to_levels(out[0].transpose(0, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bicubic:
    """Enlarges by the bicubic filter."""

    low_size: int
    size: int

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"upsampler": "bicubic", "size": self.size}

    def enlarge(self, video: NDArray[np.uint8], key: str) -> NDArray[np.uint8]:
        return np.stack([bicubic(frame, self.size) for frame in video])
