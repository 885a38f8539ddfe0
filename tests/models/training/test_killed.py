"""`avbench train`, really killed and given again, ends with the weights, and the metrics, of an undisturbed run."""

import signal
import time
from pathlib import Path

import pytest
from quick_start import starter
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


@pytest.fixture(scope="module")
def commands():
    with starter() as commands:
        yield commands


@pytest.fixture
def folder(movies, tmp_path):
    """Where commands work."""
    (tmp_path / "movies").symlink_to(movies)
    return tmp_path


@pytest.fixture
def start(commands, folder):
    """Starts a training, which perhaps dies."""

    def start(name, arguments, *, dies_at=""):
        command = ["train", *arguments, "--data", "movies", "--name", name, "--workers", "1"]
        return commands.start(command, folder=folder, environment={"TEST_DIES_AT": dies_at})

    return start


def finished(process, run):
    _, messages = process.communicate(timeout=500)
    assert process.returncode == 0, messages
    return Run(run)


def killed(process):
    _, messages = process.communicate(timeout=500)
    assert process.returncode == -signal.SIGKILL, messages


def saved_steps(run: Path) -> set[str]:
    return {path.stem.lstrip("0") for path in (run / "checkpoints").glob("*.pt")}


def test_a_run_killed_at_any_moment_ends_like_an_undisturbed_one(folder, start):
    undisturbed = finished(start("undisturbed", _TOY), folder / "runs" / "undisturbed")
    path = folder / "runs" / "killed"
    for moment, saved in (
        ("losses 1", set()),
        ("losses 5", {"2", "4"}),
        ("row 1", {"2", "4"}),  # with the row of step 6
        ("write 1", {"2", "4"}),
        ("rename 1", {"2", "4"}),
        ("write 2", {"2", "4", "6"}),
    ):
        killed(start("killed", _TOY, dies_at=moment))
        assert saved_steps(path) == saved, moment
    ended = finished(start("killed", _TOY), path)
    assert_same_training(ended, undisturbed)
    names = [sorted(path.name for path in (run.path / "checkpoints").iterdir()) for run in (ended, undisturbed)]
    assert names[0] == names[1] == ["00000006.pt", "00000008.pt", "00000009.pt"]


def test_the_real_network_killed_from_outside_ends_like_an_undisturbed_one(folder, start):
    undisturbed = finished(start("undisturbed", _SMALL), folder / "runs" / "undisturbed")
    path = folder / "runs" / "killed"
    metrics = path / "metrics.csv"
    for rows in (1, 3, 5):
        process = start("killed", _SMALL)
        while process.poll() is None and (not metrics.exists() or metrics.read_text().count("\n") <= rows):
            time.sleep(0.01)
        process.kill()
        killed(process)
    assert saved_steps(path) == {"2", "4"}
    assert_same_training(finished(start("killed", _SMALL), path), undisturbed)
