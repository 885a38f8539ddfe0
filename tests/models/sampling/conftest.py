"""Runs of the toy model, made on the spot."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import toy_model  # noqa: F401  registers "toy"

from models.checkpoint import Checkpoint, save_checkpoint
from models.config import RunConfig
from models.registry import MODELS
from models.run import Run

MakeRun = Callable[..., Run]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """A run of the toy with random weights, in `runs/NAME` of the test's folder."""

    def make(name: str = "toy-run", *, step: int = 6, weights_seed: int = 0, **changes: object) -> Run:
        model = MODELS["toy"]
        preset = model.presets["tiny"]
        settings = {"spec": preset.spec, "network": preset.network, "training": preset.training}
        settings |= {"sampling": preset.sampling, "data": tmp_path / "data"} | changes
        config = RunConfig(model="toy", preset="tiny", **settings)
        folder = tmp_path / "runs" / name
        run = Run(folder) if (folder / "config.toml").exists() else Run.create(folder, config)
        torch.manual_seed(weights_seed)
        weights = model.build(config).state_dict()
        save_checkpoint(run, Checkpoint(model="toy", step=step, network=weights, ema=weights))
        return run

    return make


@pytest.fixture
def run(make_run: MakeRun) -> Run:
    return make_run()
