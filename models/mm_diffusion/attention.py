"""Self-attention within a stream."""

from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.mm_diffusion.config import GROUPS

Layer = TypeVar("Layer", bound=nn.Module)


class SelfAttention(nn.Module):
    """Residual self-attention among the tokens of each sequence.

    Shape: (N, C, L) to the same, N sequences of L tokens. `channels` is a multiple of `heads` and of 32.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(GROUPS, channels)
        self.qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.out = zeroed(nn.Conv1d(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        qkv_NLC = F.linear(self.norm(x).transpose(1, 2), self.qkv.weight[..., 0], self.qkv.bias)
        q, k, v = qkv_NLC.unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        y_NLC = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        return x + F.linear(y_NLC, self.out.weight[..., 0], self.out.bias).transpose(1, 2)


class SpatialAttention(SelfAttention):
    """Each frame a sequence of its pixels. Shape: (B, C, T, H, W) to the same."""

    def forward(self, x: Tensor) -> Tensor:
        B, C, T, H, W = x.shape
        x_NCL = x.transpose(1, 2).reshape(B * T, C, H * W)
        return super().forward(x_NCL).reshape(B, T, C, H, W).transpose(1, 2)


class TemporalAttention(SelfAttention):
    """Each pixel a sequence along time. Shape: (B, C, T, H, W) to the same."""

    def forward(self, x: Tensor) -> Tensor:
        B, C, T, H, W = x.shape
        x_NCL = x.permute(0, 3, 4, 1, 2).reshape(B * H * W, C, T)
        return super().forward(x_NCL).reshape(B, H, W, C, T).permute(0, 3, 4, 1, 2)


def zeroed(layer: Layer) -> Layer:
    """The layer with all its weights at zero, so that a fresh residual branch adds nothing."""
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
    return layer
