"""`avbench compare` as users meet it."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from avbench.metrics.frechet import frechet_distance
from avbench.results import Results
from avbench.statistics.estimate import Estimate, RunValues
from avbench.statistics.leaving_out import GroupedSets, leaving_out

LABELS = np.arange(128) % 32
TOLD = {
    "protocol": {"name": "avbench", "hash": "0123456789ab", "samples": 128},
    "reference": {"path": "data/real", "fingerprint": "ab"},
    "runs": 1,
    "seed": 0,
    "fresh_samples": False,
    "networks": {"i3d": {"identity": "i3d 1", "weights_sha256": "cd"}},
}


def estimate(shift: float) -> Estimate:
    rng = np.random.default_rng(0)
    real, made = rng.normal(size=(128, 3)), rng.normal(size=(128, 3)) + shift
    values = RunValues.of(
        leaving_out(frechet_distance, GroupedSets(real, made, (LABELS, LABELS), 32)),
        "extrapolated",
        np.random.default_rng(0),
    )
    plain = Estimate(
        dataset="real", method="", metric="FVD", better="lower", n_reference=128, n_generated=128, runs=1,
        kind="extrapolated",
    )  # fmt: skip
    return plain.measured(values, 1.0)


def write_results(folder: Path, method: str, line: Estimate, **told: object) -> None:
    results = Results(folder)
    results.write_estimates("ef", [dataclasses.replace(line, method=method)])
    results.write_provenance("ef", TOLD | {"method": method, "generated": {"path": f"made/{method}"}} | told)


@pytest.fixture
def results(tmp_path):
    for method, shift in (("near", 0.1), ("far", 1.0)):
        write_results(tmp_path / "results" / method, method, estimate(shift))
    return tmp_path / "results"


def test_the_better_method_is_named(avbench, results):
    code, out, _ = avbench("compare", results / "near", results / "far")
    assert code == 0
    assert next(line for line in out.splitlines() if line.startswith("FVD")).split()[-1] == "near"


def test_a_tie_is_called_a_tie(avbench, results):
    _, out, _ = avbench("compare", results / "near", results / "near")
    assert next(line for line in out.splitlines() if line.startswith("FVD")).split()[-1] == "tie"


def test_the_same_as_json_and_nothing_else_on_standard_output(avbench, results):
    _, out, _ = avbench("compare", results / "far", results / "near", "--json")
    (difference,) = json.loads(out)["differences"]
    assert difference["better"] == "second" and difference["low"] > 0


def test_what_cannot_be_told_has_its_reason(avbench, results):
    why = "N = 128 is less than 4 x 400 features"
    write_results(
        results / "far", "far", dataclasses.replace(estimate(1), left_out=(), values=(), inverse_sizes=(), why_none=why)
    )
    code, out, _ = avbench("compare", results / "near", results / "far")
    assert code == 0 and "not known" in out and f"no interval, for {why}" in " ".join(out.split())


def test_unlike_evaluations_are_refused(avbench, results):
    write_results(results / "far", "far", estimate(1), runs=6, seed=1)
    code, out, err = avbench("compare", results / "near", results / "far")
    assert (code, out) == (2, "")
    assert "seed 0 and 1; runs 1 and 6" in err
