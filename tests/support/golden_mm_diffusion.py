"""Golden passes through tiny coupled networks of the released code, with weights and inputs made by rule."""

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rule_weights import fill, golden_input
from torch import Tensor

from models.mm_diffusion.config import CoupledUNetConfig
from models.mm_diffusion.coupled_unet import CoupledUNet

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "mm_diffusion"
CASES: dict[str, Any] = json.loads((FOLDER / "cases.json").read_text())
FORWARDS = [name for name in CASES if name.startswith("tiny")]


def settings(case: str) -> dict[str, Any]:
    """The case's settings under our names, without those that are at their defaults."""
    theirs = CASES[case]["config"]
    return {
        "frames": theirs["video_size"][0],
        "channels": theirs["num_channels"],
        "windows": tuple(theirs["cross_attention_windows"]),
        "cross_head_channels": theirs["num_head_channels"],
    }


def state_dict(case: str) -> dict[str, Tensor]:
    """The case's weights under the published keys."""
    return _state_dict(cross_in_middle=settings(case)["windows"] == (1, 4, 8))


@functools.cache
def network(case: str) -> CoupledUNet:
    """The case's network, in evaluation mode. It is shared: leave it as it is."""
    return CoupledUNet.from_published(state_dict(case), **settings(case))


def inputs(case: str, prefix: str = "") -> tuple[Tensor, Tensor]:
    """The case's video and audio, of all those whose names have the prefix."""
    named = CASES[case]["inputs"]
    return golden_input(*named[f"{prefix}video"]).transpose(1, 2), golden_input(*named[f"{prefix}audio"])


def timesteps(case: str) -> Tensor:
    return torch.tensor(CASES[case]["timesteps"])


def shifts(case: str) -> Tensor:
    """The case's shifts, in the network's order."""
    return torch.tensor([shift for shift in CASES[case]["shift_by_block"].values() if shift is not None])


def outputs(case: str) -> tuple[Tensor, Tensor]:
    """The released code's video and audio."""
    arrays = np.load(FOLDER / "unet_forward.npz")
    return torch.from_numpy(arrays[f"{case}.video_out"]).transpose(1, 2), torch.from_numpy(arrays[f"{case}.audio_out"])


@functools.cache
def _state_dict(*, cross_in_middle: bool) -> dict[str, Tensor]:
    """That of all the cases' networks, which differ in nothing else that has weights."""
    config = CoupledUNetConfig(channels=32, cross_head_channels=16, cross_in_middle=cross_in_middle)
    with torch.device("meta"):
        empty = CoupledUNet(config)
    return fill(empty.to_published())
