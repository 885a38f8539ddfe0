"""I3D: the Kinetics-400 network whose class logits are the features of FVD and KVD.

Inception-v1 inflated to three dimensions, RGB stream, with the layer names of the published `i3d_pretrained_400.pt`.
The network here is the readable one; `avbench.features.i3d_fast` derives the one that extraction runs.
"""

from collections.abc import Mapping
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from avbench.errors import UsageError
from avbench.features.checkpoint import fill

SIZE = 224  # pixels, both sides of the network's input
CLASSES = 400
SHORTEST = 9  # frames; fewer leave a single step in time before the average pool, which spans two

Triple = tuple[int, int, int]


class I3D(nn.Module):
    """Two-stream I3D's RGB stream, evaluated on whole windows.

    Shape: float (B, 3, T, 224, 224) in [-1, 1], T >= 9, to raw logits (B, 400), averaged over time.
    Source: Carreira & Zisserman 2017, "Quo Vadis, Action Recognition?", fig. 3 (with 3x3x3 in place of its 5x5x5, as
    the released code and weights have it).

    Raises:
        UsageError: the window has fewer than 9 frames.
    """

    def __init__(self) -> None:
        super().__init__()
        self.Conv3d_1a_7x7 = Unit(3, 64, kernel=7, stride=2)
        self.MaxPool3d_2a_3x3 = MaxPool(kernel=(1, 3, 3), stride=(1, 2, 2))
        self.Conv3d_2b_1x1 = Unit(64, 64, kernel=1)
        self.Conv3d_2c_3x3 = Unit(64, 192, kernel=3)
        self.MaxPool3d_3a_3x3 = MaxPool(kernel=(1, 3, 3), stride=(1, 2, 2))
        self.Mixed_3b = Mixed(192, 64, (96, 128), (16, 32), 32)
        self.Mixed_3c = Mixed(256, 128, (128, 192), (32, 96), 64)
        self.MaxPool3d_4a_3x3 = MaxPool(kernel=(3, 3, 3), stride=(2, 2, 2))
        self.Mixed_4b = Mixed(480, 192, (96, 208), (16, 48), 64)
        self.Mixed_4c = Mixed(512, 160, (112, 224), (24, 64), 64)
        self.Mixed_4d = Mixed(512, 128, (128, 256), (24, 64), 64)
        self.Mixed_4e = Mixed(512, 112, (144, 288), (32, 64), 64)
        self.Mixed_4f = Mixed(528, 256, (160, 320), (32, 128), 128)
        self.MaxPool3d_5a_2x2 = MaxPool(kernel=(2, 2, 2), stride=(2, 2, 2))
        self.Mixed_5b = Mixed(832, 256, (160, 320), (32, 128), 128)
        self.Mixed_5c = Mixed(832, 384, (192, 384), (48, 128), 128)
        self.logits = Classifier(1024, CLASSES)

    @classmethod
    def from_published(cls, state_dict: Mapping[str, Tensor]) -> Self:
        """The network, in evaluation mode, with the weights of the published file.

        Raises:
            DataError: keys or shapes are those of another network.
        """
        network = cls()
        fill(network, state_dict)
        return network.eval()

    def forward(self, video: Tensor) -> Tensor:
        if video.shape[2] < SHORTEST:
            raise UsageError(f"I3D needs windows of at least {SHORTEST} frames, and these have {video.shape[2]}")
        x = video
        for layer in self.children():
            x = layer(x)
        return x


class Unit(nn.Module):
    """Convolution with 'same' padding, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(inputs, outputs, kernel, stride, bias=False)
        self.bn = nn.BatchNorm3d(outputs, eps=1e-5)  # other ports have 1e-3, which changes every feature

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(same_conv(x, self.conv3d)))


class MaxPool(nn.Module):
    """Maximum over windows with 'same' padding.

    The original pads with zeros; only outputs of a ReLU are pooled here, so that leaving the padding out of the
    maximum gives the same numbers.
    """

    def __init__(self, *, kernel: Triple, stride: Triple) -> None:
        super().__init__()
        self.kernel = kernel
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        padding = [same_padding(*axis) for axis in zip(x.shape[2:], self.kernel, self.stride, strict=True)]
        # Where both ends need as much, the pool pads itself; where only the back needs any, the last window hangs
        # over the edge (ceil mode). With at most three elements in a window there is no third case.
        fronts = [front for front, _ in padding]
        return F.max_pool3d(x, self.kernel, self.stride, fronts, ceil_mode=True)


class Mixed(nn.Module):
    """Inception block: a 1x1x1 branch, two of 1x1x1 then 3x3x3, and a pooled 1x1x1, concatenated on channels."""

    def __init__(self, inputs: int, b0: int, b1: tuple[int, int], b2: tuple[int, int], b3: int) -> None:
        super().__init__()
        self.b0 = Unit(inputs, b0, kernel=1)
        self.b1a = Unit(inputs, b1[0], kernel=1)
        self.b1b = Unit(b1[0], b1[1], kernel=3)
        self.b2a = Unit(inputs, b2[0], kernel=1)
        self.b2b = Unit(b2[0], b2[1], kernel=3)
        self.b3a = MaxPool(kernel=(3, 3, 3), stride=(1, 1, 1))
        self.b3b = Unit(inputs, b3, kernel=1)

    def forward(self, x: Tensor) -> Tensor:
        branches = [self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), self.b3b(self.b3a(x))]
        return torch.cat(branches, dim=1)


class Classifier(nn.Module):
    """Average over 2x7x7, mean over the windows in time, a linear map.

    The original maps each window and averages the logits; as the map is linear, averaging first gives the same.
    """

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(inputs, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        steps = x.float().mean(dim=(3, 4))  # (B, C, T); float, so that bfloat16 ends before the sums
        pooled = (steps[..., :-1] + steps[..., 1:]).mean(dim=2) / 2
        return F.linear(pooled, self.conv3d.weight.flatten(1), self.conv3d.bias)


def same_padding(length: int, kernel: int, stride: int) -> tuple[int, int]:
    """Padding before and after an axis so that its output has ceil(length / stride) steps, as TensorFlow pads.

    The odd one goes to the back, so that strided layers on even lengths are padded asymmetrically.
    """
    total = max(kernel - (length % stride or stride), 0)
    return total // 2, total - total // 2


def same_conv(x: Tensor, conv: nn.Conv3d) -> Tensor:
    """Convolution with 'same' padding. It pads by itself what both ends need; only an odd step at the back is added."""
    padding = [same_padding(*axis) for axis in zip(x.shape[2:], conv.weight.shape[2:], conv.stride, strict=True)]
    if any(back > front for front, back in padding):
        # F.pad wants the last axis first.
        x = F.pad(x, [amount for front, back in reversed(padding) for amount in (0, back - front)])
    return F.conv3d(x, conv.weight, conv.bias, conv.stride, [front for front, _ in padding])
