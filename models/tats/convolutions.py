"""Convolutions that repeat a clip's ends, so that its tokens do not tell where they stand.

Zeros at the border would mark the first and the last frame; with copies of them, every token could stand anywhere in
time. Source: Ge et al. 2022, section 3.1, "time-agnostic VQGAN".
"""

import torch.nn.functional as F
from torch import Tensor, nn

from models.tats.config import Normalization

Stride = tuple[int, int, int]  # along time, rows and columns

_GROUPS = 32


class SameConvolution(nn.Module):
    """(B, C, T, H, W) -> (B, C', T / s, H / s, W / s): each axis divided by its stride, which must divide it."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: Stride = (1, 1, 1)) -> None:
        super().__init__()
        self._padding = _padding(kernel, stride)
        self.conv = nn.Conv3d(inputs, outputs, kernel, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(_repeat_border(x, self._padding))
        return y


class SameTransposedConvolution(nn.Module):
    """(B, C, T, H, W) -> (B, C', T s, H s, W s): each axis multiplied by its stride."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: Stride) -> None:
        super().__init__()
        self._padding = _padding(kernel, stride)
        self.convt = nn.ConvTranspose3d(inputs, outputs, kernel, stride=stride, padding=kernel - 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.convt(_repeat_border(x, self._padding))
        return y


def normalization(kind: Normalization, channels: int) -> nn.Module:
    """Over a batch, or over groups of a sample's channels."""
    return nn.BatchNorm3d(channels) if kind == "batch" else nn.GroupNorm(_GROUPS, channels, eps=1e-6)


def _padding(kernel: int, stride: Stride) -> list[int]:
    """What is added in front of and behind each axis, the last axis first, as `F.pad` takes it."""
    padding = []
    for step in reversed(stride):
        added = kernel - step
        padding += [added - added // 2, added // 2]
    return padding


def _repeat_border(x: Tensor, padding: list[int]) -> Tensor:
    return F.pad(x, padding, mode="replicate") if any(padding) else x
