"""Golden cases of TATS: tiny networks of the public code, with weights and inputs made by rule."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rule_weights import fill, golden_input
from torch import Tensor

from models.tats.config import VqganConfig
from models.tats.transformer import Transformer
from models.tats.vqgan import Vqgan

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "tats"
CASES: dict[str, Any] = {case["name"]: case for case in json.loads((FOLDER / "cases.json").read_text())["cases"]}
KEYS: dict[str, dict[str, list[int]]] = json.loads((FOLDER / "keys.json").read_text())

_CONSTANT = ("scaling_layer.shift", "scaling_layer.scale")

VQGANS = {
    "vqgan_tiny": VqganConfig(hidden=8, width=12, codes=48, downsample=(2, 4, 4), discriminator_channels=8),
    "vqgan_tiny_group": VqganConfig(
        hidden=16, width=8, codes=32, discriminator_channels=4, discriminator_layers=2, normalization="group"
    ),
    "vqgan_tiny_stft": VqganConfig(hidden=8, width=12, codes=24, discriminator_channels=4, discriminator_layers=2),
}


def output(case: str) -> dict[str, Tensor]:
    """What the public code gave, by name."""
    return {name: torch.from_numpy(array) for name, array in np.load(FOLDER / f"{case}.npz").items()}


def given(case: str, name: str) -> Tensor:
    """An input of a case."""
    described = CASES[case]["inputs"][name]
    return golden_input(described["golden_input"], described["shape"], described.get("scale", 1.0))


def by_rule(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The values of the golden cases for a state dict; the perceptual loss's scaling keeps its own."""
    values = fill(state_dict)
    return values | {key: tensor for key, tensor in state_dict.items() if key.endswith(_CONSTANT)}


def vqgan(case: str) -> Vqgan:
    network = Vqgan(VQGANS[case], image_channels=CASES[case]["config"].get("image_channels", 3))
    network.load_state_dict(by_rule(network.state_dict()))
    return network.eval()


def published_shapes(name: str) -> dict[str, Tensor]:
    """Empty tensors with the keys and shapes of a published network."""
    return {key: torch.empty(shape, device="meta") for key, shape in KEYS[name].items()}


def transformer(case: str) -> Transformer:
    config, conditions = CASES[case]["config"], CASES[case]["inputs"]["cond_tokens"]
    condition_tokens = len(conditions[0]) if config["cond_vocab"] else 0
    network = Transformer(
        config["first_stage_vocab"],
        config["block_size"] - condition_tokens,
        layers=config["n_layer"],
        heads=config["n_head"],
        width=config["n_embd"],
        condition_codes=config["cond_vocab"],
        condition_tokens=condition_tokens,
    )
    network.load_state_dict(by_rule(network.state_dict()))
    return network.eval()


def tokens(case: str) -> tuple[Tensor, Tensor | None]:
    """A case's tokens of clips and of their condition, if there is one."""
    clips, conditions = (torch.tensor(CASES[case]["inputs"][f"{name}_tokens"]) for name in ("video", "cond"))
    return clips, conditions if CASES[case]["config"]["cond_vocab"] else None
