"""TransNetV2's activations: video features whose weights travel in a Python package, for FVD[transnetv2].

A small spatio-temporal network trained to find the cuts between shots. Its weights are by T. Souček and J. Lokoč, MIT.

Source: Souček & Lokoč 2020, "TransNet V2: An effective deep network architecture for fast shot transition detection".
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from avbench.errors import DataError
from avbench.features.checkpoint import fill, load_published
from avbench.features.extractor import EXTRACTORS, Compute, Extractor, Forward, Switches
from avbench.features.precision import full_precision

HEIGHT, WIDTH = 27, 48  # what the network was trained on, whatever the picture's aspect
_PREFIX = "SDDCNN."  # the rest of the file decides between cut and no cut; features stop before it
_DILATIONS = (1, 2, 4, 8)
_FILTERS = (16, 32, 64)  # of each dilation, by stack


class TransNetV2(nn.Module):
    """The convolutional part: (B, 3, T, 27, 48) in [0, 1] to the activations of its three stacks.

    They are (B, 64, T, 13, 24), (B, 128, T, 6, 12) and (B, 256, T, 3, 6).
    """

    def __init__(self) -> None:
        super().__init__()
        inputs = (3, *(len(_DILATIONS) * filters for filters in _FILTERS[:-1]))
        self.SDDCNN = nn.ModuleList(map(Stack, inputs, _FILTERS))
        self.requires_grad_(False)

    @classmethod
    def from_published(cls, state_dict: Mapping[str, Tensor]) -> Self:
        """The network, in evaluation mode, from the package's state dict.

        Raises:
            DataError: keys or shapes are those of another network.
        """
        network = cls()
        fill(network, {key: value for key, value in state_dict.items() if key.startswith(_PREFIX)})
        return network.eval()

    def forward(self, video: Tensor) -> list[Tensor]:
        activations = [video]
        for stack in self.SDDCNN:
            activations.append(stack(activations[-1]))
        return activations[1:]


class Stack(nn.Module):
    """Two dilated blocks with a shortcut around the second, halved in space.

    Shape: (B, C, T, H, W) to (B, 4 * filters, T, H // 2, W // 2).
    """

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        out = len(_DILATIONS) * filters
        self.DDCNN = nn.ModuleList([DilatedBlock(channels, filters), DilatedBlock(out, filters)])

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.DDCNN
        y = F.relu(first(x))
        return F.avg_pool3d(F.relu(second(y)) + y, (1, 2, 2))


class DilatedBlock(nn.Module):
    """Separable 3x3x3 convolutions of four dilations in time, side by side, normalised."""

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        for dilation in _DILATIONS:
            self.add_module(f"Conv3D_{dilation}", SeparableConvolution(channels, filters, dilation))
        self.bn = nn.BatchNorm3d(len(_DILATIONS) * filters, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        normalised: Tensor = self.bn(torch.cat([self.get_submodule(f"Conv3D_{d}")(x) for d in _DILATIONS], dim=1))
        return normalised


class SeparableConvolution(nn.Module):
    """A convolution over space, then one over time."""

    def __init__(self, channels: int, filters: int, dilation: int) -> None:
        super().__init__()
        space = nn.Conv3d(channels, 2 * filters, (1, 3, 3), padding=(0, 1, 1), bias=False)
        time = nn.Conv3d(
            2 * filters, filters, (3, 1, 1), padding=(dilation, 0, 0), dilation=(dilation, 1, 1), bias=False
        )
        self.layers = nn.Sequential(space, time)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return y


def shrink(video: Tensor) -> Tensor:
    """Frames (B, 3, T, H, W) to the network's 27 x 48, bilinear with antialias; the aspect is squeezed, not kept."""
    B, C, T, _, _ = video.shape
    frames = video.transpose(1, 2).flatten(0, 1)
    small = F.interpolate(frames, size=(HEIGHT, WIDTH), mode="bilinear", align_corners=False, antialias=True)
    return small.reshape(B, T, C, HEIGHT, WIDTH).transpose(1, 2)


def describe(activations: list[Tensor]) -> Tensor:
    """What is in the pictures and how it changes: (B, 896) of the activations of all stacks.

    First the mean of every channel (64 + 128 + 256 of them) over time and space, then, for every channel, the mean
    absolute difference between successive frames at the same place.
    """
    means = [stack.mean(dim=(2, 3, 4)) for stack in activations]
    changes = [stack.diff(dim=2).abs().mean(dim=(2, 3, 4)) for stack in activations]
    return torch.cat(means + changes, dim=1)


class TransNetV2Extractor(Extractor):
    """896 features per window, named FVD[transnetv2]: good for ranking, not comparable with published FVD."""

    name = "transnetv2"
    version = "1"
    modality = "video"
    weights = "transnetv2"
    dimensions = 2 * len(_DILATIONS) * sum(_FILTERS)
    blind_to = "fine pixel noise, mirroring, where in the picture things are"

    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        network = load_published(checkpoint, TransNetV2.from_published).to(compute.device)

        def forward(video: Tensor) -> Tensor:
            if video.shape[2] < 2:
                raise DataError("the windows have a single frame; TransNetV2 describes change and needs two")
            with full_precision(compute.device):
                small = shrink(video.to(compute.device))
                with torch.autocast(compute.device.type, torch.bfloat16, enabled=compute.bfloat16):
                    activations = network(small)
                return describe([stack.float() for stack in activations]).cpu()

        return forward


EXTRACTORS.register(TransNetV2Extractor.name)(TransNetV2Extractor())
