"""`avbench sample`, really killed or shared out over real processes, writes the bytes of one undisturbed process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from toy_runs import make_toy_run

from avbench.clipset import open_clipset
from avbench.errors import DataError

pytestmark = pytest.mark.slow

_SUPPORT = Path(__file__).resolve().parents[2] / "support"
_COUNT = 11


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workspace")
    make_toy_run(folder / "runs" / "toy-run")
    return folder


def start(workspace, name, *, dies_at="", processes=1):
    launcher = ["torch.distributed.run", "--nproc-per-node", str(processes), "-m"] if processes > 1 else []
    command = ["avbench", "sample", "toy-run", "--samples", str(_COUNT), "--batch-size", "2", "--out", name]
    return subprocess.Popen(
        [sys.executable, "-m", *launcher, *command, "--plugin", str(_SUPPORT / "dies_sampling.py")],
        cwd=workspace,
        env=os.environ | {"PYTHONPATH": str(_SUPPORT), "OMP_NUM_THREADS": "1", "TEST_DIES_AT": dies_at},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(workspace, name, *, processes=1):
    """The bytes of the finished set."""
    process = start(workspace, name, processes=processes)
    out, messages = process.communicate(timeout=300)
    assert process.returncode == 0, messages
    assert out == f"{name}\n"
    return {path.name: path.read_bytes() for path in (workspace / name).glob("[!.]*")}


def written(folder):
    return len(list(folder.glob("sample-*.mp4")))


@pytest.fixture(scope="module")
def undisturbed(workspace):
    files = finish(workspace, "undisturbed")
    assert len(files) == _COUNT + 1
    # The name of the set is in its manifest.
    return {name: data.replace(b'"undisturbed"', b'"NAME"') for name, data in files.items()}


def same(files, name, undisturbed):
    return {file: data.replace(f'"{name}"'.encode(), b'"NAME"') for file, data in files.items()} == undisturbed


def test_killed_at_every_kind_of_moment_it_ends_with_the_same_bytes(workspace, undisturbed):
    # The first file of a process is that of the settings, the last one the manifest.
    for moment, samples in (
        ("rename 1", 0),
        ("batch 1", 0),
        ("rename 4", 2),
        ("batch 2", 4),
        ("rename 8", 10),
        ("rename 3", 11),
    ):
        process = start(workspace, "killed", dies_at=moment)
        _, messages = process.communicate(timeout=300)
        assert process.returncode == -signal.SIGKILL, messages
        assert written(workspace / "killed") == samples
        if samples:
            with pytest.raises(DataError, match="making the clip set was interrupted"):
                open_clipset(workspace / "killed")
    assert same(finish(workspace, "killed"), "killed", undisturbed)


def test_killed_again_and_again_from_outside_it_ends_with_the_same_bytes(workspace, undisturbed):
    folder = workspace / "outside"
    for wanted in (1, 4, 8):
        process = start(workspace, "outside")
        while written(folder) < wanted and process.poll() is None:
            time.sleep(0.005)
        process.kill()
        _, messages = process.communicate(timeout=300)
        assert process.returncode == -signal.SIGKILL, messages
    assert 0 < written(folder) < _COUNT
    assert same(finish(workspace, "outside"), "outside", undisturbed)


def test_two_processes_write_the_bytes_of_one(workspace, undisturbed):
    assert same(finish(workspace, "two", processes=2), "two", undisturbed)
