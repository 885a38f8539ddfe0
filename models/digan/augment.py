"""Random changes of pairs of frames, real and made alike, before a discriminator sees them.

They keep it from learning a small data set by heart, and since gradients pass through them, the generator does not
learn to make changed frames. Both frames of a pair change alike.

Source: Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training", policy "color,translation".
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.draws import Draws

_REACH = 8  # a translation is at most the size by this


@dataclass(frozen=True, slots=True)
class Augmentation:
    """What is done to each pair of a batch."""

    brightness: Tensor  # (B,), added
    saturation: Tensor  # (B,), factor of what a colour differs from its pixel's grey
    contrast: Tensor  # (B,), factor of what a pixel differs from its frame's mean
    rows: Tensor  # (B,), int64: what stood so many pixels below moves into a pixel's place
    columns: Tensor  # (B,), int64: and so many to the right

    @classmethod
    def drawn(cls, draws: Draws, *name: str, size: int) -> "Augmentation":
        """
        Args:
            name: of the draws.
            size: of the frames, in pixels.
        """
        brightness, saturation, contrast = draws.uniform(*name, "color", shape=(3,)).unbind(dim=1)
        reach = int(size / _REACH + 0.5)
        rows, columns = (draws.integers(*name, axis, high=2 * reach + 1) - reach for axis in ("rows", "columns"))
        return cls(brightness - 0.5, 2 * saturation, contrast + 0.5, rows, columns)

    def __call__(self, pairs: Tensor) -> Tensor:
        """Changed pairs (B, 7, H, W); the time between the frames stays."""
        frames_BTCHW = pairs[:, :6].reshape(len(pairs), 2, 3, *pairs.shape[-2:])
        brightness, saturation, contrast = (
            drawn[:, None, None, None, None].to(pairs.dtype)
            for drawn in (self.brightness, self.saturation, self.contrast)
        )
        frames_BTCHW = frames_BTCHW + brightness
        frames_BTCHW = _scaled_about(frames_BTCHW, frames_BTCHW.mean(dim=2, keepdim=True), saturation)
        frames_BTCHW = _scaled_about(frames_BTCHW, frames_BTCHW.mean(dim=(2, 3, 4), keepdim=True), contrast)
        moved = _shifted(_shifted(frames_BTCHW.flatten(1, 2), self.rows, dim=2), self.columns, dim=3)
        return torch.cat([moved, pairs[:, 6:]], dim=1)


def _scaled_about(x: Tensor, middle: Tensor, factor: Tensor) -> Tensor:
    return (x - middle) * factor + middle


def _shifted(x: Tensor, by: Tensor, *, dim: int) -> Tensor:
    """(B, C, H, W), each sample moved along a dimension: place i gets what was at i + by, or 0 where nothing was."""
    size = x.shape[dim]
    shape = [len(x), 1, 1, 1]
    shape[dim] = size
    source = (torch.arange(size, device=x.device) + by[:, None]).view(shape)
    moved = x.gather(dim, source.clamp(0, size - 1).expand_as(x))
    return moved * ((source >= 0) & (source < size)).to(x.dtype)
