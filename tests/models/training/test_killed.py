"""`avbench train`, really killed and given again, ends with the weights, and the metrics, of an undisturbed run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_training import SMALL
from toy_training import assert_same_training

from models.run import Run

pytestmark = pytest.mark.slow

_SUPPORT = Path(__file__).resolve().parents[2] / "support"

_TOY = ["toy", "--plugin", str(_SUPPORT / "dies_training.py")]
# Rows and checkpoints out of step, so that the means of a row reach over a kill.
_TOY += [f"--set=training.{setting}" for setting in ("steps=9", "checkpoint_every=2", "log_every=3", "preview_every=4")]

# With dropout, besides shifts and windows of clips: all that is random.
_SMALL = [*SMALL, "--set=network.dropout=0.1"]
_SMALL += [f"--set=training.{setting}" for setting in ("steps=6", "batch_size=2", "checkpoint_every=2")]


def start(folder: Path, name: str, arguments: list[str], *, dies_at: str = "") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "avbench", "train", *arguments, "--data", "movies", "--name", name, "--workers", "1"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(_SUPPORT), "OMP_NUM_THREADS": "1", "TEST_DIES_AT": dies_at},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(folder: Path, name: str, arguments: list[str]) -> Run:
    process = start(folder, name, arguments)
    _, messages = process.communicate(timeout=500)
    assert process.returncode == 0, messages
    return Run(folder / "runs" / name)


def kill_at(folder: Path, name: str, arguments: list[str], moment: str) -> set[str]:
    """Has a command die at a moment; returns the checkpoints that are there then."""
    process = start(folder, name, arguments, dies_at=moment)
    _, messages = process.communicate(timeout=500)
    assert process.returncode == -signal.SIGKILL, messages
    return saved_steps(folder / "runs" / name)


def saved_steps(run: Path) -> set[str]:
    return {path.stem.lstrip("0") for path in (run / "checkpoints").glob("*.pt")}


def test_a_run_killed_at_any_moment_ends_like_an_undisturbed_one(movies, tmp_path):
    (tmp_path / "movies").symlink_to(movies)
    undisturbed = finish(tmp_path, "undisturbed", _TOY)
    for moment, saved in (
        ("losses 1", set()),
        ("losses 5", {"2", "4"}),
        ("row 1", {"2", "4"}),  # with the row of step 6
        ("write 1", {"2", "4"}),
        ("rename 1", {"2", "4"}),
        ("write 2", {"2", "4", "6"}),
    ):
        assert kill_at(tmp_path, "killed", _TOY, moment) == saved, moment
    killed = finish(tmp_path, "killed", _TOY)
    assert_same_training(killed, undisturbed)
    names = [sorted(path.name for path in (run.path / "checkpoints").iterdir()) for run in (killed, undisturbed)]
    assert names[0] == names[1] == ["00000006.pt", "00000008.pt", "00000009.pt"]


def test_the_real_network_killed_from_outside_ends_like_an_undisturbed_one(movies, tmp_path):
    (tmp_path / "movies").symlink_to(movies)
    undisturbed = finish(tmp_path, "undisturbed", _SMALL)
    metrics = tmp_path / "runs" / "killed" / "metrics.csv"
    for rows in (1, 3, 5):
        process = start(tmp_path, "killed", _SMALL)
        while process.poll() is None and (not metrics.exists() or metrics.read_text().count("\n") <= rows):
            time.sleep(0.01)
        process.kill()
        _, messages = process.communicate(timeout=500)
        assert process.returncode == -signal.SIGKILL, messages
    assert saved_steps(metrics.parent) == {"2", "4"}
    assert_same_training(finish(tmp_path, "killed", _SMALL), undisturbed)
