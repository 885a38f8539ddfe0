"""Golden cases of DiffWave: tiny networks of the two public codes, with weights and inputs made by rule."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rule_weights import fill, golden_input
from torch import Tensor

from models.diffusion.state import NoiseSource, State
from models.diffwave.config import DiffWaveConfig
from models.diffwave.network import DiffWave

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "diffwave"
CASES: dict[str, Any] = {case["name"]: case for case in json.loads((FOLDER / "cases.json").read_text())["cases"]}
KEYS: dict[str, dict[str, list[int]]] = json.loads((FOLDER / "keys.json").read_text())

LMNT = DiffWaveConfig(layers=5, dilation_cycle=3, channels=16, skip_channels=16, diffusion_steps=20, beta_end=0.05)
AUTHORS = DiffWaveConfig(
    layers=5, dilation_cycle=3, channels=16, skip_channels=12, variant="authors", diffusion_steps=20, beta_end=0.05
)


def output(case: str) -> dict[str, Tensor]:
    """What the public code gave, by name."""
    return {name: torch.from_numpy(array) for name, array in np.load(FOLDER / f"{case}.npz").items()}


def audio(name: str) -> Tensor:
    """(2, 1, 400), of a case's network."""
    return golden_input(f"diffwave/visible/{name}audio", (2, 400)).unsqueeze(1)


def lmnt() -> DiffWave:
    """lmnt's network of the cases, with the table of steps of the machine that made them."""
    return DiffWave.from_published(lmnt_weights(), LMNT).eval()


def lmnt_weights() -> dict[str, Tensor]:
    """Published keys and values."""
    own = {key: tensor for key, tensor in DiffWave(LMNT).state_dict().items() if key != "diffusion_embedding.table"}
    return fill(own)


def with_golden_table(network: DiffWave) -> DiffWave:
    """The network with the table of steps of the machine that made the cases."""
    table = output("step_table_T200")["table"]
    network.diffusion_embedding.table.copy_(table[: len(network.diffusion_embedding.table)])
    return network


def authors_weights() -> dict[str, Tensor]:
    """Published keys and values of the authors' network of the cases."""
    shapes = {}
    for key, (first, *rest) in KEYS["authors_sc09"].items():
        block = key.removeprefix("residual_layer.residual_blocks.").split(".")[0]
        if not block.isdigit() or int(block) < AUTHORS.layers:
            shapes[key] = [first, *rest]
    return fill({key: torch.empty(_narrowed(key, shape)) for key, shape in shapes.items()})


def authors() -> DiffWave:
    return DiffWave.from_published(authors_weights(), AUTHORS).eval()


def noises(name: str, shape: tuple[int, ...]) -> tuple[State, NoiseSource]:
    """The noise that a case's sampling begins with, and that of its steps, as (B, 1, S)."""

    def made(which: str) -> State:
        return (golden_input(f"diffwave/visible/{name}{which}", shape).reshape(1, 1, -1),)

    return made("x_T"), lambda k: made(f"noise/{k}")


def _narrowed(key: str, shape: list[int]) -> list[int]:
    """A shape of the full network, with the channels of the cases."""
    if key.startswith("residual_layer.fc_t"):
        return shape
    if ".fc_t." in key:
        return [AUTHORS.channels, *shape[1:]]
    skips = "skip_conv" in key or key.startswith("final_conv")
    widths = {512: 2 * AUTHORS.channels, 256: AUTHORS.channels}
    first, *rest = [widths.get(size, size) for size in shape]
    if skips and shape[0] == 256:
        first = AUTHORS.skip_channels
    if key.startswith("final_conv") and rest and shape[1] == 256:
        rest[0] = AUTHORS.skip_channels
    return [first, *rest]
