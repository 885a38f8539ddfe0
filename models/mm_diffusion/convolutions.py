"""Convolutions and resampling of the two streams."""

import torch.nn.functional as F
from torch import Tensor, nn


class VideoConv(nn.Module):
    """3x3 over each frame, then 3 over time at each pixel, with nothing between: "2D+1D". Zero padding.

    Shape: (B, inputs, T, H, W) to (B, outputs, T, H, W). Source: paper sec. 3.2; the released code has this order,
    the text the other.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.spatial = nn.Conv2d(inputs, outputs, 3)
        self.temporal = nn.Conv1d(outputs, outputs, 3)

    def forward(self, x: Tensor) -> Tensor:
        # As flat 3D kernels both run on the tensor as it lies: no frames or pixels to fold into the batch.
        x = F.conv3d(x, self.spatial.weight[:, :, None], self.spatial.bias, padding=(0, 1, 1))
        return F.conv3d(x, self.temporal.weight[..., None, None], self.temporal.bias, padding=(1, 0, 0))


def audio_conv(inputs: int, outputs: int, dilation: int = 1) -> nn.Conv1d:
    """3 taps, `dilation` samples apart. Shape: (B, inputs, S) to (B, outputs, S)."""
    return nn.Conv1d(inputs, outputs, 3, padding=dilation, dilation=dilation)


def halve_pictures(x: Tensor) -> Tensor:
    """(B, C, T, H, W) to (B, C, T, H/2, W/2) by averages."""
    return F.avg_pool3d(x, (1, 2, 2))


def double_pictures(x: Tensor) -> Tensor:
    """(B, C, T, H, W) to (B, C, T, 2H, 2W), nearest."""
    return F.interpolate(x, scale_factor=(1, 2, 2), mode="nearest")


def quarter_sound(x: Tensor) -> Tensor:
    """(B, C, S) to (B, C, S/4) by averages."""
    return F.avg_pool1d(x, 4)


def quadruple_sound(x: Tensor) -> Tensor:
    """(B, C, S) to (B, C, 4S), nearest."""
    return F.interpolate(x, scale_factor=4, mode="nearest")
