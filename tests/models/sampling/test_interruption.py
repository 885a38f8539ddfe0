"""`avbench sample`, really killed or shared out over real processes, writes the bytes of one undisturbed process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from quick_start import starter
from toy_runs import make_toy_run

from avbench.clipset import open_clipset
from avbench.errors import DataError

pytestmark = pytest.mark.slow

_SUPPORT = Path(__file__).resolve().parents[2] / "support"
_COUNT = 11


@pytest.fixture(scope="module")
def commands():
    with starter() as commands:
        yield commands


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workspace")
    make_toy_run(folder / "runs" / "toy-run")
    return folder


_SAMPLE = ["sample", "toy-run", "--samples", str(_COUNT), "--batch-size", "2"]
_SAMPLE += ["--plugin", str(_SUPPORT / "dies_sampling.py")]


@pytest.fixture(scope="module")
def start(commands, workspace):
    """Starts a command that makes the set of a name, and perhaps dies."""

    def start(name, *, dies_at=""):
        arguments = [*_SAMPLE, "--out", name]
        return commands.start(arguments, folder=workspace, environment={"TEST_DIES_AT": dies_at})

    return start


def finished(process, folder):
    """The bytes of the set that a command made."""
    out, messages = process.communicate(timeout=300)
    assert process.returncode == 0, messages
    assert out == f"{folder.name}\n"
    # The name of the set is in its manifest.
    name = f'"{folder.name}"'.encode()
    return {path.name: path.read_bytes().replace(name, b'"NAME"') for path in folder.glob("[!.]*")}


def written(folder):
    return len(list(folder.glob("sample-*.mp4")))


@pytest.fixture(scope="module")
def undisturbed(workspace, start):
    files = finished(start("undisturbed"), workspace / "undisturbed")
    assert len(files) == _COUNT + 1
    return files


def test_killed_at_every_kind_of_moment_it_ends_with_the_same_bytes(workspace, start, undisturbed):
    # The first file of a process is that of the settings, the last one the manifest.
    for moment, samples in (
        ("rename 1", 0),
        ("batch 1", 0),
        ("rename 4", 2),
        ("batch 2", 4),
        ("rename 8", 10),
        ("rename 3", 11),
    ):
        process = start("killed", dies_at=moment)
        _, messages = process.communicate(timeout=300)
        assert process.returncode == -signal.SIGKILL, messages
        assert written(workspace / "killed") == samples
        if samples:
            with pytest.raises(DataError, match="making the clip set was interrupted"):
                open_clipset(workspace / "killed")
    assert finished(start("killed"), workspace / "killed") == undisturbed


def test_killed_again_and_again_from_outside_it_ends_with_the_same_bytes(workspace, start, undisturbed):
    folder = workspace / "outside"
    for wanted in (1, 4, 8):
        process = start("outside")
        while written(folder) < wanted and process.poll() is None:
            time.sleep(0.005)
        process.kill()
        _, messages = process.communicate(timeout=300)
        assert process.returncode == -signal.SIGKILL, messages
    assert 0 < written(folder) < _COUNT
    assert finished(start("outside"), folder) == undisturbed


def test_two_processes_write_the_bytes_of_one(workspace, undisturbed):
    process = subprocess.Popen(
        [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "-m", "avbench", *_SAMPLE]
        + ["--out", "two"],
        cwd=workspace,
        env=os.environ | {"PYTHONPATH": str(_SUPPORT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert finished(process, workspace / "two") == undisturbed
