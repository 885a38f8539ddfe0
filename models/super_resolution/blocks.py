"""The blocks of the upsampler: residual, attention, and the embedding of the timestep.

Source: Dhariwal and Nichol 2021, "Diffusion Models Beat GANs on Image Synthesis" (ADM), section 3 and appendix B.
"""

import math
from collections.abc import Callable
from typing import Literal, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.super_resolution.config import NORM_GROUPS

_LONGEST_PERIOD = 10_000  # of the timestep's sinusoids, over 2 pi

Resampling = Literal["down", "up"]
Convolution = TypeVar("Convolution", nn.Conv1d, nn.Conv2d)


class TimestepEmbedding(nn.Module):
    """Timesteps (B,), whole or not, -> (B, out_channels): sinusoids of `channels` numbers, then a small MLP.

    Args:
        channels: even.
    """

    def __init__(self, channels: int, out_channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.hidden = nn.Linear(channels, out_channels)
        self.out = nn.Linear(out_channels, out_channels)

    def forward(self, timesteps: Tensor) -> Tensor:
        half = self.channels // 2
        exponents = torch.arange(half, dtype=torch.float32, device=timesteps.device) / half
        angles = timesteps.float()[:, None] * torch.exp(-math.log(_LONGEST_PERIOD) * exponents)
        sinusoids = torch.cat([angles.cos(), angles.sin()], dim=1)
        embedding: Tensor = self.out(F.silu(self.hidden(sinusoids)))
        return embedding


class ResidualBlock(nn.Module):
    """Two convolutions beside a skip connection; the timestep scales and shifts what is between them.

    Shape: (B, in_channels, H, W) and the embedding (B, embedding_channels) -> (B, out_channels, H', W'), where H' is H,
    H/2 ("down": average of 2x2) or 2H ("up": nearest), and W' likewise.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        embedding_channels: int,
        dropout: float,
        resampling: Resampling | None = None,
    ) -> None:
        super().__init__()
        self.in_norm = nn.GroupNorm(NORM_GROUPS, in_channels)
        self.in_conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.embedding = nn.Linear(embedding_channels, 2 * out_channels)
        self.out_norm = nn.GroupNorm(NORM_GROUPS, out_channels)
        self.dropout = nn.Dropout(dropout)
        self.out_conv = zeroed(nn.Conv2d(out_channels, out_channels, 3, padding=1))
        self.skip = nn.Conv2d(in_channels, out_channels, 1) if in_channels != out_channels else nn.Identity()
        self.resample: Callable[[Tensor], Tensor] = _RESAMPLE[resampling]

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        h = self.in_conv(self.resample(F.silu(self.in_norm(x))))
        scale, shift = self.embedding(F.silu(embedding))[..., None, None].chunk(2, dim=1)
        h = F.silu(self.out_norm(h) * (1 + scale) + shift)
        y: Tensor = self.skip(self.resample(x)) + self.out_conv(self.dropout(h))
        return y


class SelfAttention(nn.Module):
    """Residual self-attention over all pixels. Shape: (B, C, H, W) -> the same; C is a multiple of `heads`.

    The channels of `qkv` are split into heads first, and each head's into query, key and value (ADM's older layout).
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(NORM_GROUPS, channels)
        self.qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.out = zeroed(nn.Conv1d(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        x_BCL = x.flatten(2)
        # (B, heads, 3, L, D): the head width D comes last, as attention wants it.
        qkv = self.qkv(self.norm(x_BCL)).unflatten(1, (self.heads, 3, -1)).transpose(-1, -2)
        y_BCL = F.scaled_dot_product_attention(*qkv.unbind(2)).transpose(-1, -2).flatten(1, 2)
        y: Tensor = x_BCL + self.out(y_BCL)
        return y.view_as(x)


def zeroed(convolution: Convolution) -> Convolution:
    """`convolution` with nothing but zeros, so that a block starts as the identity and a network by predicting 0."""
    nn.init.zeros_(convolution.weight)
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)
    return convolution


def _keep(x: Tensor) -> Tensor:
    return x


def _halve(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 2)


def _double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="nearest")


_RESAMPLE: dict[Resampling | None, Callable[[Tensor], Tensor]] = {None: _keep, "down": _halve, "up": _double}
