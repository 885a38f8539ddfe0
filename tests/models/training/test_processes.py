"""Several processes train one run as one process does: two real gloo processes, started as users start them."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_training import SMALL

from models.run import Run
from models.training.metrics import MACHINE, read_metrics

pytestmark = pytest.mark.slow

_SUPPORT = Path(__file__).resolve().parents[2] / "support"
_BIN = Path(sys.executable).parent
_TORCHRUN = [str(_BIN / "torchrun"), "--nproc-per-node", "2", "--no-python"]

# At the preset's ten times higher learning rate, rounding errors grow tenfold every few steps.
_TRAINING = ("steps=8", "batch_size=4", "accumulation=2", "learning_rate=1e-4")
_SETTINGS = [*SMALL, *(f"--set=training.{setting}" for setting in _TRAINING)]


def train(folder: Path, start: list[str], name: str, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*start, str(_BIN / "avbench"), "train", "--data", "movies", "--name", name, *_SETTINGS, *options],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=580,
    )


def test_two_processes_train_to_the_losses_of_one(movies, tmp_path):
    (tmp_path / "movies").symlink_to(movies)
    for start, name in (([], "one"), (_TORCHRUN, "two")):
        done = train(tmp_path, start, name)
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"runs/{name}\n"  # said once
    one, two = (read_metrics(Run(tmp_path / "runs" / name).metrics_file) for name in ("one", "two"))
    assert len(one) == len(two) == 8
    for ours, theirs in zip(one, two, strict=True):
        losses = [name for name in ours if name.split("_")[0] in ("loss", "video", "audio") and name != "loss_scale"]
        np.testing.assert_allclose([ours[name] for name in losses], [theirs[name] for name in losses], rtol=1e-5)
        # Looser: some weights change nothing (the bias of keys), and Adam makes steps of their rounding errors.
        others = [name for name in ours if name not in (*losses, *MACHINE)]
        np.testing.assert_allclose([ours[name] for name in others], [theirs[name] for name in others], rtol=1e-3)


def test_two_processes_train_several_optimisers_to_the_losses_of_one(movies, tmp_path):
    (tmp_path / "movies").symlink_to(movies)
    settings = ("network.memory=0", "training.steps=8", "training.accumulation=2", "training.learning_rate=1e-3")
    for start, name in (([], "one"), (_TORCHRUN, "two")):
        done = subprocess.run(
            [*start, str(_BIN / "avbench"), "train", "toy-gan", "--plugin", str(_SUPPORT / "toy_gan.py")]
            + ["--data", "movies", "--name", name, *(f"--set={setting}" for setting in settings)],
            cwd=tmp_path,
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(_SUPPORT)},
            capture_output=True,
            text=True,
            timeout=580,
        )
        assert done.returncode == 0, done.stderr
    one, two = (read_metrics(tmp_path / "runs" / name / "metrics.csv") for name in ("one", "two"))
    assert len(one) == len(two) == 8
    for ours, theirs in zip(one, two, strict=True):
        names = [name for name in ours if name not in MACHINE]
        np.testing.assert_allclose([ours[name] for name in names], [theirs[name] for name in names], rtol=1e-4)


def test_a_batch_that_does_not_divide_stops_all_processes(movies, tmp_path):
    (tmp_path / "movies").symlink_to(movies)
    done = train(tmp_path, _TORCHRUN, "two", "--set=training.batch_size=6")
    assert done.returncode != 0 and "a batch of 6 does not divide into 2 process(es)" in done.stderr
    assert not (tmp_path / "runs" / "two" / "config.toml").exists()


def test_a_sharded_training_is_saved_whole_and_comes_back(tmp_path):
    done = subprocess.run(
        [*_TORCHRUN, sys.executable, str(_SUPPORT / "sharded_state.py"), str(tmp_path / "saved.pt")],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stdout) == (0, "equal\n"), done.stderr
