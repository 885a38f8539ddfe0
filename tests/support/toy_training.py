"""Trainings of the toy model that tests begin, stop and compare."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tiny import make_movies
from toy_model import ToyModel

from avbench.ranks import Ranks
from models.checkpoint import load_checkpoint
from models.config import RunConfig
from models.run import Run
from models.training.job import prepare_job
from models.training.loop import train_job
from models.training.metrics import MACHINE, read_metrics


def make_data(folder: Path) -> Path:
    """Five short movies with sound; five, so that batches of four reach into the next epoch."""
    return make_movies(folder, 5, seed=1, seconds=1.0, size=16)


def toy_config(data: Path, **training: Any) -> RunConfig:
    """The toy's settings, with some of `TrainingConfig` changed."""
    preset = ToyModel.presets["tiny"]
    return RunConfig(
        model="toy",
        preset="tiny",
        data=data,
        spec=preset.spec,
        network=preset.network,
        training=replace(preset.training, **training),
        sampling=preset.sampling,
    )


def train_toy(path: Path, config: RunConfig, **options: Any) -> Run:
    """Begins a run at `path`, or goes on with it, until its last step."""
    config.save(path / "config.toml")
    run = Run(path)
    train_job(run, prepare_job(config, Ranks()), **options)
    return run


def assert_same_training(one: Run, other: Run) -> None:
    """All that the newest checkpoints hold, and all that was logged of the training, is equal to the last bit."""
    first, second = (load_checkpoint(run.checkpoints()[-1]) for run in (one, other))
    assert first.step == second.step
    _assert_equal(first.network, second.network)
    _assert_equal(first.ema, second.ema)
    _assert_equal(first.training, second.training)
    assert logged(one) == logged(other)


def logged(run: Run) -> list[dict[str, str]]:
    """The rows of `metrics.csv` but for what depends on the machine; as text, so that NaN equals NaN."""
    rows = read_metrics(run.metrics_file)
    return [{name: repr(value) for name, value in row.items() if name not in MACHINE} for row in rows]


def _assert_equal(one: Any, other: Any) -> None:
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for name in one:
            _assert_equal(one[name], other[name])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for first, second in zip(one, other, strict=True):
            _assert_equal(first, second)
    else:
        assert one == other
