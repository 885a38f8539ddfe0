"""Convolutions and resampling of the two streams.

Channels come last inside the network: video is (B, T, H, W, C), audio (B, S, C). So a frame is a picture in a larger
batch, and all pixels of a frame are one row, without moving any memory, and a convolution of kernel 1 is a matrix
product (`nn.Linear`).
"""

import torch.nn.functional as F
from torch import Tensor, nn


class VideoConv(nn.Module):
    """3x3 over each frame, then 3 over time at each pixel, with nothing between: "2D+1D". Zero padding.

    Shape: (B, T, H, W, inputs) to (B, T, H, W, outputs), or to the means of 2x2 pixels of that. Source: paper sec. 3.2;
    its text has the two convolutions the other way round, the released code has this order.
    """

    def __init__(self, inputs: int, outputs: int, *, reduce: bool = False) -> None:
        super().__init__()
        self.reduce = reduce
        self.spatial = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.temporal = nn.Conv2d(outputs, outputs, (3, 1), padding=(1, 0))

    def forward(self, x: Tensor) -> Tensor:
        y = from_pictures(self._reduced(to_pictures(x)) if self.reduce else self.spatial(to_pictures(x)), x)
        rows_are_frames = y.flatten(2, 3).movedim(-1, 1)
        out: Tensor = self.temporal(rows_are_frames).movedim(1, -1)
        return out.reshape(y.shape)

    def _reduced(self, pictures: Tensor) -> Tensor:
        # A 3x3 convolution and a mean of 2x2 are one 4x4 convolution of stride 2, at 16/36 of the products; and what
        # is a mean over space can be taken before a convolution over time.
        weight = F.avg_pool2d(F.pad(self.spatial.weight, (1, 1, 1, 1)), 2, stride=1)
        return F.conv2d(pictures, weight, self.spatial.bias, stride=2, padding=1)


class AudioConv(nn.Conv2d):
    """3 taps, `dilation` samples apart. Zero padding.

    Shape: (B, S, inputs) to (B, S, outputs), or to the means of 4 samples of that.
    """

    def __init__(self, inputs: int, outputs: int, *, dilation: int = 1, reduce: bool = False) -> None:
        super().__init__(inputs, outputs, (1, 3), padding=(0, dilation), dilation=(1, dilation))
        self.reduce = reduce

    def forward(self, x: Tensor) -> Tensor:
        y = from_pictures(super().forward(to_pictures(x)), x)
        return reduced(y) if self.reduce else y


def reduced(x: Tensor) -> Tensor:
    """Half as wide and high, or a quarter as long, by averages."""
    return from_pictures(F.avg_pool2d(to_pictures(x), _factors(x)), x)


def enlarged(x: Tensor) -> Tensor:
    """Twice as wide and high, or four times as long, each value repeated."""
    return from_pictures(F.interpolate(to_pictures(x), scale_factor=_factors(x), mode="nearest"), x)


def to_pictures(x: Tensor) -> Tensor:
    """What 2D layers take: video (B, T, H, W, C) as (B * T, C, H, W), audio (B, S, C) as one row, (B, C, 1, S).

    A view; its memory is channels-last, which those layers keep.
    """
    return (x.flatten(0, 1) if x.ndim == 5 else x[:, None]).movedim(-1, 1)


def from_pictures(pictures: Tensor, like: Tensor) -> Tensor:
    """The inverse of `to_pictures`, whatever the number of channels and the size; `like` has the other dimensions."""
    y = pictures.movedim(1, -1)
    return y.reshape(*like.shape[:2], *y.shape[1:]) if like.ndim == 5 else y[:, 0]


def _factors(x: Tensor) -> tuple[int, int]:
    return (2, 2) if x.ndim == 5 else (1, 4)
