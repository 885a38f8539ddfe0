"""A study whose creation is killed, at whatever moment, is not there; the same command makes it whole."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from drawn_study import without_encoding
from tiny import make_movies

from avbench.cli.main import run

_SUPPORT = Path(__file__).resolve().parents[2] / "support"
_OPTIONS = ("--per-method", "2", "--votes", "2", "--size", "16", "--workers", "1", "--secret", "secret")


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Arguments that create the study `out`, in a folder with the clips."""
    monkeypatch.chdir(tmp_path)
    make_movies(tmp_path / "real", 2, size=16)
    make_movies(tmp_path / "ours", 2, size=16, seed=1)
    Path("secret").write_text("c0" * 32)
    clips = ("--clips", "real=real", "--clips", "ours=ours")
    return lambda out: ["study", "create", "turing", *clips, *_OPTIONS, "--out", out]


def create(arguments, monkeypatch):
    """Runs avbench in this process; how many times a file was given its name."""
    renamed = []
    fsync = os.fsync
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: (fsync(descriptor), renamed.append(descriptor)))
        without_encoding(patch)
        patch.setattr(sys, "argv", ["avbench", *arguments])
        with pytest.raises(SystemExit) as ended:
            run()
    assert not ended.value.code
    return len(renamed)


@pytest.mark.slow
def test_a_killed_creation_is_taken_up_and_ends_in_the_same_bytes(command, monkeypatch):
    total = create(command("whole/one"), monkeypatch)
    for number in (total // 4, total * 3 // 4, total):
        arguments = command(f"killed-{number}/one")
        program = [sys.executable, str(_SUPPORT / "dies_creating.py"), str(number), *arguments]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(_SUPPORT), str(_SUPPORT.parents[1])])}
        killed = subprocess.run(program, env=environment, timeout=500, check=False, capture_output=True)
        assert killed.returncode == -signal.SIGKILL
        assert os.listdir(f"killed-{number}") == [".one.making"]
        create(arguments, monkeypatch)
        assert contents(Path(f"killed-{number}/one")) == contents(Path("whole/one"))
        assert os.listdir(f"killed-{number}") == ["one"]
