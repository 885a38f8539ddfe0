"""`avbench verify`, as it is typed."""

import json
import shutil
from pathlib import Path

import pytest
from tiny import TINY, make_movies, register_tiny_extractors

from avbench import evaluate


@pytest.fixture
def results(avbench):
    register_tiny_extractors()
    make_movies(Path("real"), 6, seed=1, seconds=3.2, size=16)
    make_movies(Path("made"), 4, seed=2, size=16)
    return evaluate("real", "made", protocol="avbench", features=TINY, samples=4, runs=1).folder


def test_the_same_numbers_end_with_code_0(avbench, results):
    code, out, err = avbench("verify", results)
    assert code == 0 and f"{results}: same" in err
    assert "clips" in out and "summary" in out


def test_a_difference_ends_with_code_4_and_the_step(avbench, results):
    (results / "summary.csv").write_text((results / "summary.csv").read_text().replace("real,made", "real,mine"))
    code, out, err = avbench("verify", results, "--json")
    assert code == 4 and "different, first at the step summary" in err
    assert {check["step"] for check in json.loads(out) if check["outcome"] == "different"} == {"summary"}


def test_missing_clips_end_with_code_3(avbench, results):
    shutil.rmtree("made")
    code, _, err = avbench("verify", results)
    assert code == 3 and "made is not here" in err
