"""Self-attention within a stream."""

from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.mm_diffusion.normalization import GroupNorm

Layer = TypeVar("Layer", bound=nn.Module)


class SelfAttention(nn.Module):
    """Residual self-attention among the tokens of each sequence.

    Shape: (N, L, C) to the same, N sequences of L tokens. `channels` is a multiple of `heads`.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = GroupNorm(channels)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.out = zeroed(nn.Linear(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        return self.attended(self.norm(x)).add_(x)

    def attended(self, x: Tensor) -> Tensor:
        """What attention adds to a sequence that is normalised already."""
        N, L, C = x.shape
        q, k, v = self.qkv(x).view(N, L, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        y: Tensor = self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(N, L, C))
        return y


class SpatialAttention(SelfAttention):
    """Each frame a sequence of its pixels. Shape: (B, T, H, W, C) to the same."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flatten(2, 3).flatten(0, 1)).view_as(x)


class TemporalAttention(SelfAttention):
    """Each pixel a sequence along time. Shape: (B, T, H, W, C) to the same."""

    def forward(self, x: Tensor) -> Tensor:
        B, T, H, W, C = x.shape
        x_BTPC = x.view(B, T, H * W, C)
        y_BPTC = self.attended(self.norm.along_time(x_BTPC).transpose(1, 2).reshape(-1, T, C)).view(B, H * W, T, C)
        return (x_BTPC + y_BPTC.transpose(1, 2)).view_as(x)


def zeroed(layer: Layer) -> Layer:
    """The layer with all its weights at zero, so that a fresh residual branch adds nothing."""
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
    return layer
