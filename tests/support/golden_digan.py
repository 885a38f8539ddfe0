"""Golden cases of DIGAN: tiny networks of the public code, with weights and inputs made by rule.

The networks scale their weights when they run, which the plain rule of `rule_weights` has done already: here it is
undone, so that outputs are not those of the biases alone.
"""

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rule_weights import fill, golden_input
from torch import Tensor

from models.digan.config import DiganConfig
from models.digan.network import DiganNetwork
from models.digan.published import published_names

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "digan"
CASES: dict[str, Any] = {case["name"]: case for case in json.loads((FOLDER / "cases.json").read_text())["cases"]}
KEYS: dict[str, dict[str, list[int]]] = json.loads((FOLDER / "keys.json").read_text())

CONFIGS = {
    "generator_tiny": DiganConfig(latent=32, style=32, channel_base=1024, channel_max=24, frequencies=8, rank=3),
    "generator_tiny_pair": DiganConfig(
        latent=16,
        style=24,
        channel_base=512,
        channel_max=16,
        frequencies=6,
        rank=2,
        coarse_size=8,
        third_layer_from=32,
    ),
    "discriminator_tiny": DiganConfig(channel_base=512, channel_max=24),
}
SIZES = {"generator_tiny": 64, "generator_tiny_pair": 32, "discriminator_tiny": 32}

_MAPPING = re.compile(r"(^|\.)mapping\.fc\d+\.weight$")


def output(case: str) -> dict[str, Tensor]:
    """What the public code gave, by name."""
    return {name: torch.from_numpy(array) for name, array in np.load(FOLDER / f"{case}.npz").items()}


def given(case: str, name: str) -> Tensor:
    """An input of a case."""
    described = CASES[case]["inputs"][name]
    return golden_input(described["golden_input"], described["shape"])


def network(case: str) -> DiganNetwork:
    """The network of a case; only its generator, or its discriminators, are meant."""
    made = DiganNetwork(CONFIGS[case], SIZES[case])
    own = made.state_dict()
    # By the keys of each of the two networks in a published file, without what says which of the two.
    keys = {name: published.split(".", 1)[1] for name, published in published_names(made).items()}
    values = by_rule({key: own[name] for name, key in keys.items()})
    made.load_state_dict({name: values[key] for name, key in keys.items()})
    return made.eval()


def by_rule(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The values of the golden cases for a published state dict; filters keep theirs."""
    values = fill(state_dict)
    for key, tensor in state_dict.items():
        if key.endswith("resample_filter"):
            values[key] = tensor.clone()
        elif tensor.ndim >= 2:
            values[key] *= math.sqrt(math.prod(tensor.shape[1:])) * (100 if _MAPPING.search(key) else 1)
    return values


def published_shapes(size: int) -> dict[str, Tensor]:
    """Empty tensors with the keys of a published file of `size` pixels, as its networks are called there."""
    return {
        f"{network}.{key}": torch.empty(shape, device="meta")
        for network, part in (("G_ema", "generator"), ("D", "discriminator"))
        for key, shape in KEYS[f"{part}_{size}"].items()
    }
