"""Golden cases of the upsampler: a tiny network of the released code, with weights and inputs made by rule."""

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rule_weights import fill, golden_input
from torch import Tensor

from models.super_resolution.unet import SuperResolutionUNet

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "super_resolution"
CASES: dict[str, Any] = json.loads((FOLDER / "cases.json").read_text())

# The cases' network: 16 -> 64 pixels.
SETTINGS: dict[str, Any] = {
    "size": 64,
    "low_size": 16,
    "channels": 32,
    "channel_mult": (1, 2, 3, 4),
    "blocks_per_level": 2,
    "attention_factors": (4, 8),
}


def inputs(case: str) -> dict[str, Tensor]:
    """The inputs of a case by name."""
    return {name: golden_input(*rule) for name, rule in CASES[case]["inputs"].items()}


def output(name: str) -> Tensor:
    """An array of the published code, for example "sr_tiny.out"."""
    return torch.from_numpy(np.load(FOLDER / "sr.npz")[name])


@functools.cache
def published_weights() -> dict[str, Tensor]:
    """The state dict of the cases' network under the published keys."""
    shapes = CASES["sr_tiny"]["state_dict_shapes"]
    return fill({key: torch.empty(shape) for key, shape in shapes.items()})


@functools.cache
def network() -> SuperResolutionUNet:
    """The cases' network, in evaluation mode."""
    return SuperResolutionUNet.from_published(published_weights(), **SETTINGS)
