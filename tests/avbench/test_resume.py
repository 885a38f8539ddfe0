"""`avbench eval`, really killed and given again, writes the bytes of an evaluation that nothing disturbed."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from tiny import TINY, make_movies

pytestmark = pytest.mark.slow

_SUPPORT = Path(__file__).resolve().parents[1] / "support"
_RUNS = 3
_WRITTEN = 3 * _RUNS * 2  # rows: metrics x runs x (model, ground truth)


@dataclass(frozen=True)
class Place:
    """The caches and results of one evaluation of `folder`."""

    folder: Path
    name: str
    protocol: str

    def start(self, *, dies_at: str = "") -> subprocess.Popen[str]:
        command = ["eval", "--reference", "real", "--generated", "made", "--samples", "12", "--runs", str(_RUNS)]
        command += ["--features", TINY, "--protocol", self.protocol, "--plugin", str(_SUPPORT / "dies.py")]
        return subprocess.Popen(
            [sys.executable, "-m", "avbench", *command, "--out", self.name],
            cwd=self.folder,
            env=os.environ
            | {
                "AVBENCH_HOME": str(self._home),
                "PYTHONPATH": str(_SUPPORT),
                "OMP_NUM_THREADS": "1",
                "TEST_DIES_AT": dies_at,
            },
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )

    def finish(self) -> "Place":
        process = self.start()
        _, messages = process.communicate(timeout=300)
        assert process.returncode == 0, messages
        return self

    def files(self) -> dict[str, bytes]:
        """What a user sees in the results folder."""
        paths = (self.folder / self.name).glob("[!.]*")
        return {path.name: path.read_bytes() for path in paths}

    def cached(self) -> int:
        """How many entries all feature caches have."""
        return sum(map(_entries, (self._home / "features").glob("*.sqlite")))

    def written(self) -> int:
        """How many rows `results.csv` has."""
        path = self.folder / self.name / "results.csv"
        return len(pd.read_csv(path)) if path.exists() else 0

    @property
    def _home(self) -> Path:
        return self.folder / f"home of {self.name}"


def _entries(cache: Path) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{cache}?mode=ro", uri=True)) as database:
        try:
            return int(database.execute("SELECT count(*) FROM rows").fetchone()[0])
        except sqlite3.OperationalError:  # it was made this instant and has no table yet
            return 0


@pytest.fixture(scope="module")
def movies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("resume")
    make_movies(folder / "real", 12, seed=1, seconds=4.8)
    make_movies(folder / "made", 6, seed=2, seconds=4.8)
    return folder


@pytest.fixture(scope="module")
def undisturbed(movies):
    """The finished evaluation under each protocol."""
    return {name: Place(movies, f"undisturbed-{name}", name).finish() for name in ("published", "avbench")}


def kill_at(place: Place, moment: str) -> None:
    process = place.start(dies_at=moment)
    _, messages = process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL, messages


@pytest.mark.parametrize("protocol", ["published", "avbench"])
def test_an_evaluation_killed_while_it_extracts_ends_with_the_same_bytes(movies, undisturbed, protocol):
    place, whole = Place(movies, f"extracting-{protocol}", protocol), undisturbed[protocol]
    for moment in ("commit 1", "batch 7", "commit 6"):
        kill_at(place, moment)
        assert place.cached() < whole.cached() and place.written() < _WRITTEN
    assert place.cached() > 0
    assert place.finish().files() == whole.files()


def test_an_evaluation_killed_while_it_writes_ends_with_the_same_bytes(movies, undisturbed):
    place, whole = Place(movies, "writing", "avbench"), undisturbed["avbench"]
    # First the rows of each run and metric are written, two at a time; then the errors of all lines, provenance,
    # summary, single clips and the printed table. What is there is not written again, but for provenance and summary.
    for moment, rows, files in (
        ("rename 1", 0, set()),
        ("rename 3", 4, {"results.csv"}),
        ("rename 8", _WRITTEN, {"results.csv"}),
        ("rename 2", _WRITTEN, {"results.csv", "statistics.json"}),
        ("rename 2", _WRITTEN, {"results.csv", "statistics.json", "provenance.json"}),
        ("rename 3", _WRITTEN, {"results.csv", "statistics.json", "provenance.json", "summary.csv"}),
        ("rename 4", _WRITTEN, {"results.csv", "statistics.json", "provenance.json", "summary.csv", "clips.parquet"}),
    ):
        kill_at(place, moment)
        assert (place.written(), set(place.files())) == (rows, files)
    assert place.finish().files() == whole.files()


def test_an_evaluation_killed_again_and_again_from_outside_ends_with_the_same_bytes(movies, undisturbed):
    place, whole = Place(movies, "outside", "published"), undisturbed["published"]
    for share in (0.2, 0.5, 0.8):
        process = place.start()
        while place.cached() < share * whole.cached() and process.poll() is None:
            time.sleep(0.01)
        process.kill()
        _, messages = process.communicate(timeout=300)
        assert process.returncode == -signal.SIGKILL, messages
        assert place.cached() < whole.cached()
    assert 0 < place.written() < _WRITTEN
    assert place.finish().files() == whole.files()
