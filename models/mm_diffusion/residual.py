"""The halves of a residual block: what it does to one stream."""

import torch.nn.functional as F
from torch import Tensor, nn

from models.mm_diffusion.attention import SelfAttention, SpatialAttention, TemporalAttention, zeroed
from models.mm_diffusion.convolutions import AudioConv, VideoConv, enlarged, reduced
from models.mm_diffusion.normalization import NormSiLU
from models.mm_diffusion.plan import ResidualPlan


class Residual(nn.Module):
    """x plus what two convolutions make of it, told the noise level by a scale and a shift.

    Shape: x (B, ..., inputs), scale and shift (B, outputs), to (B, ..., outputs). Resampling follows the first
    convolution; the second has kernel 1. Source: paper fig. 3, in the released code's order.
    """

    def __init__(self, plan: ResidualPlan, conv_in: nn.Module, dropout: float) -> None:
        super().__init__()
        self.resampling = plan.resampling
        self.dropout = dropout
        self.norm_in = NormSiLU(plan.inputs)
        self.conv_in = conv_in
        self.norm_out = NormSiLU(plan.outputs)
        self.conv_out = zeroed(nn.Linear(plan.outputs, plan.outputs))
        self.skip = nn.Identity() if plan.inputs == plan.outputs else nn.Linear(plan.inputs, plan.outputs)

    def forward(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        y = self.conv_in(self.norm_in(x))
        if self.resampling == "down":
            x = reduced(x)  # y is already
        y = self.norm_out(y, scale, shift)
        # Copies of a value have one fate from here on, unless dropout tells them apart: enlarge as late as that allows.
        dropout = self.dropout if self.training else 0.0
        if self.resampling == "up" and dropout:
            x, y = enlarged(x), enlarged(y)
        out: Tensor = self.conv_out(F.dropout(y, dropout)).add_(self.skip(x))
        return enlarged(out) if self.resampling == "up" and not dropout else out


class VideoResidual(Residual):
    """The video half: (B, T, H, W, inputs) to (B, T, H, W, outputs), H and W halved or doubled where the plan says so.

    Where the plan has attention, that of pixels within frames and of frames within pixels follows.
    """

    def __init__(self, plan: ResidualPlan, dropout: float, heads: int) -> None:
        super().__init__(plan, VideoConv(plan.inputs, plan.outputs, reduce=plan.resampling == "down"), dropout)
        attention = plan.video_attention
        self.spatial_attention = SpatialAttention(plan.outputs, heads) if attention else nn.Identity()
        self.temporal_attention = TemporalAttention(plan.outputs, heads) if attention else nn.Identity()

    def forward(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        y: Tensor = self.temporal_attention(self.spatial_attention(super().forward(x, scale, shift)))
        return y


class AudioResidual(Residual):
    """The audio half: (B, S, inputs) to (B, S, outputs), S a quarter or four times as long where the plan says so.

    Where the plan has attention, that among all positions follows.
    """

    def __init__(self, plan: ResidualPlan, dropout: float, heads: int) -> None:
        reduce = plan.resampling == "down"
        super().__init__(plan, AudioConv(plan.inputs, plan.outputs, dilation=plan.dilation, reduce=reduce), dropout)
        self.audio_attention = SelfAttention(plan.outputs, heads) if plan.audio_attention else nn.Identity()

    def forward(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        y: Tensor = self.audio_attention(super().forward(x, scale, shift))
        return y
