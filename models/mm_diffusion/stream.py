"""What belongs to one stream alone: the way in, its halves of the residual blocks, the way out."""

from typing import Literal

from torch import Tensor, nn

from models.mm_diffusion.attention import zeroed
from models.mm_diffusion.config import CoupledUNetConfig
from models.mm_diffusion.convolutions import AudioConv, VideoConv
from models.mm_diffusion.normalization import NormSiLU
from models.mm_diffusion.plan import ResidualPlan
from models.mm_diffusion.residual import AudioResidual, Residual, VideoResidual

Stream = Literal["video", "audio"]
State = tuple[Tensor, ...]  # one tensor per stream

CHANNELS: dict[Stream, int] = {"video": 3, "audio": 1}  # RGB, mono


class Stem(nn.Module):
    """From the stream to features: video (B, 3, T, H, W) to (B, T, H, W, width), audio (B, 1, S) to (B, S, width)."""

    def __init__(self, stream: Stream, width: int) -> None:
        super().__init__()
        self.conv = (VideoConv if stream == "video" else AudioConv)(CHANNELS[stream], width)

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.conv(x.movedim(1, -1).contiguous())
        return features.contiguous()  # of a single channel, PyTorch cannot tell which layout to keep


class Head(nn.Module):
    """From features to the noise in the stream, back in the stream's own layout."""

    def __init__(self, stream: Stream, width: int) -> None:
        super().__init__()
        self.norm = NormSiLU(width)
        self.conv = zeroed((nn.Conv3d if stream == "video" else nn.Conv1d)(width, CHANNELS[stream], 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        noise: Tensor = self.conv(self.norm(x).movedim(-1, 1))
        return noise


def half(stream: Stream, plan: ResidualPlan, config: CoupledUNetConfig) -> Residual:
    """The stream's half of a residual block."""
    return (VideoResidual if stream == "video" else AudioResidual)(plan, config.dropout, config.heads)
