"""The two halves of a residual block: convolutions of one stream, told the noise level by a scale and a shift."""

from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.mm_diffusion.attention import SelfAttention, SpatialAttention, TemporalAttention, zeroed
from models.mm_diffusion.config import GROUPS
from models.mm_diffusion.convolutions import (
    VideoConv,
    audio_conv,
    double_pictures,
    halve_pictures,
    quadruple_sound,
    quarter_sound,
)
from models.mm_diffusion.plan import ResidualPlan


class Residual(nn.Module, ABC):
    """x plus what two convolutions make of it, then self-attention where the plan has it.

    Shape: x (B, inputs, ...), scale and shift (B, outputs), to (B, outputs, ...). Resampling acts on both branches
    after the first convolution. Source: paper fig. 3; the second convolution has kernel 1, as released.
    """

    def __init__(self, plan: ResidualPlan, dropout: float) -> None:
        super().__init__()
        self.resampling = plan.resampling
        self.dropout = dropout
        self.norm_in = nn.GroupNorm(GROUPS, plan.inputs)
        self.norm_out = nn.GroupNorm(GROUPS, plan.outputs)
        self.conv_in: nn.Module
        self.conv_out: nn.Module
        self.skip: nn.Module

    def forward(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        y = self.conv_in(F.silu(self.norm_in(x)))
        if self.resampling:
            x, y = self.resample(x), self.resample(y)
        y = F.silu(modulated(self.norm_out(y), scale, shift))
        y = self.conv_out(F.dropout(y, self.dropout, self.training))
        return self.attend(self.skip(x) + y)

    @abstractmethod
    def resample(self, x: Tensor) -> Tensor: ...

    @abstractmethod
    def attend(self, x: Tensor) -> Tensor: ...


class VideoResidual(Residual):
    """The video half. Shape: (B, inputs, T, H, W) to (B, outputs, T, H, W), pictures halved or doubled by the plan."""

    def __init__(self, plan: ResidualPlan, dropout: float, heads: int) -> None:
        super().__init__(plan, dropout)
        self.conv_in = VideoConv(plan.inputs, plan.outputs)
        self.conv_out = zeroed(nn.Conv3d(plan.outputs, plan.outputs, 1))
        same = plan.inputs == plan.outputs
        self.skip = nn.Identity() if same else nn.Conv3d(plan.inputs, plan.outputs, 1)
        self.spatial_attention = SpatialAttention(plan.outputs, heads) if plan.video_attention else None
        self.temporal_attention = TemporalAttention(plan.outputs, heads) if plan.video_attention else None

    def resample(self, x: Tensor) -> Tensor:
        return halve_pictures(x) if self.resampling == "down" else double_pictures(x)

    def attend(self, x: Tensor) -> Tensor:
        if self.spatial_attention is None or self.temporal_attention is None:
            return x
        y: Tensor = self.temporal_attention(self.spatial_attention(x))
        return y


class AudioResidual(Residual):
    """The audio half. Shape: (B, inputs, S) to (B, outputs, S), or S/4, or 4S by the plan."""

    def __init__(self, plan: ResidualPlan, dropout: float, heads: int) -> None:
        super().__init__(plan, dropout)
        self.conv_in = audio_conv(plan.inputs, plan.outputs, plan.dilation)
        self.conv_out = zeroed(nn.Conv1d(plan.outputs, plan.outputs, 1))
        same = plan.inputs == plan.outputs
        self.skip = nn.Identity() if same else nn.Conv1d(plan.inputs, plan.outputs, 1)
        self.audio_attention = SelfAttention(plan.outputs, heads) if plan.audio_attention else None

    def resample(self, x: Tensor) -> Tensor:
        return quarter_sound(x) if self.resampling == "down" else quadruple_sound(x)

    def attend(self, x: Tensor) -> Tensor:
        return x if self.audio_attention is None else self.audio_attention(x)


def modulated(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """x * (1 + scale) + shift, with scale and shift (B, C) constant over what follows the channels."""
    rest = (1,) * (x.ndim - 2)
    return torch.addcmul(shift.unflatten(1, (-1, *rest)), x, 1 + scale.unflatten(1, (-1, *rest)))
