"""Golden runs of the samplers: a tiny coupled network of the released code, with weights and noise made by rule."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rule_weights import fill, golden_input
from torch import Tensor

from models.diffusion.state import Denoiser, State
from models.mm_diffusion.config import CoupledUNetConfig
from models.mm_diffusion.coupled_unet import CoupledUNet

_FOLDER = Path(__file__).resolve().parents[1] / "golden" / "diffusion"
CASES: dict[str, Any] = json.loads((_FOLDER / "cases.json").read_text())
CONSTANTS: dict[str, NDArray[np.float64]] = dict(np.load(_FOLDER / "diffusion_constants.npz"))
MODALITIES = ("video", "audio")

# The cases' network: 4 frames of 16x16, 1024 samples.
SETTINGS: dict[str, Any] = {
    "channels": 32,
    "frames": 4,
    "windows": (1, 2, 4),
    "cross_in_middle": False,
    "cross_head_channels": 16,
}


@functools.cache
def network() -> CoupledUNet:
    """The cases' network, in evaluation mode, its parameters frozen."""
    empty = CoupledUNet(CoupledUNetConfig(**SETTINGS))
    filled = CoupledUNet.from_published(fill(empty.to_published()), **SETTINGS)
    return filled.requires_grad_(False)


def denoiser(state: State, timesteps: Tensor) -> State:
    """The cases' network without shifts."""
    video, audio = state
    return network()(video, audio, timesteps)


def inputs(prefix: str, batch: int, scale: float = 1.0) -> State:
    """The pair of inputs named `prefix`.video and `prefix`.audio."""
    video = golden_input(f"{prefix}.video", (batch, 4, 3, 16, 16), scale)
    return video.transpose(1, 2), golden_input(f"{prefix}.audio", (batch, 1, 1024), scale)


def step_noise(prefix: str, batch: int) -> Callable[[int], State]:
    """The noise of the published runs: inputs named after the step."""
    return lambda k: inputs(f"{prefix}.step{k}", batch)


def deviation(ours: Tensor, name: str) -> float:
    """Largest absolute difference to a golden array, in units of its standard deviation."""
    array = _sampling()[name]
    golden = np.swapaxes(array, 1, 2) if name.endswith("video") else array
    assert ours.shape == golden.shape
    return float(np.abs(ours.numpy() - golden).max() / golden.std())


def largest_deviation(ours: State, case: str) -> float:
    """That of the end state's worse modality."""
    pairs = zip(ours, MODALITIES, strict=True)
    return max(deviation(tensor, f"{case}.{modality}") for tensor, modality in pairs)


class Recorded:
    """A denoiser that remembers what it was asked."""

    def __init__(self, denoiser: Denoiser) -> None:
        self._denoiser = denoiser
        self.states: list[State] = []
        self.timesteps: list[Tensor] = []

    def __call__(self, state: State, timesteps: Tensor) -> State:
        self.states.append(tuple(tensor.detach() for tensor in state))
        self.timesteps.append(timesteps)
        return self._denoiser(state, timesteps)


@functools.cache
def _sampling() -> dict[str, NDArray[np.float32]]:
    return dict(np.load(_FOLDER / "sampling.npz"))
