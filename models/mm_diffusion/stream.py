"""What belongs to one stream alone: its first convolution, its halves of the residual blocks, its head."""

from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from models.mm_diffusion.attention import zeroed
from models.mm_diffusion.config import GROUPS, CoupledUNetConfig
from models.mm_diffusion.convolutions import VideoConv, audio_conv
from models.mm_diffusion.plan import ResidualPlan
from models.mm_diffusion.residual import AudioResidual, Residual, VideoResidual

Stream = Literal["video", "audio"]
State = tuple[Tensor, ...]  # one tensor per stream: video (B, C, T, H, W), audio (B, C, S)

CHANNELS: dict[Stream, int] = {"video": 3, "audio": 1}  # RGB, mono


def stem(stream: Stream, width: int) -> nn.Module:
    """The stream's first convolution, from its own channels to `width`."""
    convolution = VideoConv if stream == "video" else audio_conv
    return convolution(CHANNELS[stream], width)


def half(stream: Stream, plan: ResidualPlan, config: CoupledUNetConfig) -> Residual:
    """The stream's half of a residual block."""
    residual = VideoResidual if stream == "video" else AudioResidual
    return residual(plan, config.dropout, config.heads)


class Head(nn.Module):
    """From features to the noise in the stream. Shape: (B, width, ...) to (B, 3 or 1, ...)."""

    def __init__(self, stream: Stream, width: int) -> None:
        super().__init__()
        convolution = nn.Conv3d if stream == "video" else nn.Conv1d
        self.norm = nn.GroupNorm(GROUPS, width)
        self.conv = zeroed(convolution(width, CHANNELS[stream], 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        noise: Tensor = self.conv(F.silu(self.norm(x)))
        return noise
