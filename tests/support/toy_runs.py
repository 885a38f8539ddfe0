"""Runs of the toy model, made on the spot."""

from pathlib import Path

import torch
import toy_model  # noqa: F401  registers "toy"

from models.checkpoint import Checkpoint, save_checkpoint
from models.config import RunConfig
from models.registry import MODELS
from models.run import Run


def make_toy_run(folder: Path, *, model: str = "toy", step: int = 6, weights_seed: int = 0, **changes: object) -> Run:
    """A run with random weights, or another checkpoint for one that is there; `changes` are fields of its settings."""
    toy = MODELS[model]
    preset = toy.presets["tiny"]
    settings = {"spec": preset.spec, "network": preset.network, "training": preset.training}
    settings |= {"sampling": preset.sampling, "data": Path("data/real")} | changes
    config = RunConfig(model=model, preset="tiny", **settings)
    run = Run(folder) if (folder / "config.toml").exists() else Run.create(folder, config)
    torch.manual_seed(weights_seed)
    weights = toy.build(config).state_dict()
    save_checkpoint(run, Checkpoint(model=model, step=step, network=weights, ema=weights))
    return run
