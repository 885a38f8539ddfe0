"""Runs of the toy model."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from toy_runs import make_toy_run

from models.run import Run

MakeRun = Callable[..., Run]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Makes a run, or another checkpoint of it, in `runs/toy-run` of the test's folder."""
    return partial(make_toy_run, tmp_path / "runs" / "toy-run", data=tmp_path / "data")


@pytest.fixture
def run(make_run: MakeRun) -> Run:
    return make_run()
