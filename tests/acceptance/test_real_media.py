"""The whole path on real media, as a user types it: films in, clip sets, two evaluations, tables out."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from make_rule_weights import make_rule_weights

from avbench.clipset import open_clipset
from avbench.protocol import PUBLISHED
from avbench.scoring import GROUND_TRUTH
from avbench.workspace import sha256_file

pytestmark = pytest.mark.slow

_REAL = ("vgg_a", "vgg_b", "vgg_c", "vgg_d", "vgg_hd", "vgg_portrait")
_REAL += ("baby", "cough", "dog_a", "drum_a", "fireworks_a", "hammer")
_SAMPLES, _RUNS = 16, 2
_CHOSEN = ("--samples", str(_SAMPLES), "--runs", str(_RUNS))
_SETS = ("--reference", "data/real", "--generated", "data/generated_landscape")


@dataclass(frozen=True)
class Workspace:
    """A folder with the films in `clips`, and caches of its own."""

    folder: Path
    home: Path

    def avbench(self, *arguments: str) -> str:
        """Runs a command; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "avbench", *arguments],
            cwd=self.folder,
            env=os.environ | {"AVBENCH_HOME": str(self.home), "COLUMNS": "120"},
            capture_output=True,
            text=True,
            timeout=550,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def evaluate(self, name: str, *arguments: str) -> "Evaluated":
        printed = self.avbench("eval", *arguments, "--out", name)
        ((told,),) = [json.loads((self.folder / name / "provenance.json").read_text())["evaluations"].values()]
        return Evaluated(printed, pd.read_csv(self.folder / name / "results.csv", keep_default_na=False), told)


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation printed and wrote."""

    printed: str
    results: pd.DataFrame
    provenance: dict[str, Any]

    def mean(self, method: str, metric: str) -> float:
        rows = self.results
        return float(rows[(rows["method"] == method) & (rows["metric"] == metric)]["value"].mean())


@pytest.fixture(scope="module")
def workspace(clips, embedded_weights, tmp_path_factory):
    """The films, and two clip sets prepared from them."""
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "clips" / "real").mkdir(parents=True)
    (folder / "clips" / "generated_landscape.mp4").symlink_to(clips / "generated_landscape.mp4")
    for name in _REAL:
        (folder / "clips" / "real" / f"{name}.mp4").symlink_to(clips / f"{name}.mp4")
    workspace = Workspace(folder, embedded_weights)
    workspace.avbench("prepare", "folder", "clips/generated_landscape.mp4", "--clip-seconds", "1.6")
    workspace.avbench("prepare", "folder", "clips/real")
    return workspace


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Rule-made weights in the published checkpoints' format, by name."""
    return make_rule_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def embedded(workspace):
    return workspace.evaluate("embedded", *_SETS, *_CHOSEN, "--features", "embedded")


@pytest.fixture(scope="module")
def published(workspace, weights):
    files = [word for name, file in weights.items() for word in ("--weights", f"{name}={file}")]
    return workspace.evaluate("published", *_SETS, *_CHOSEN, *files, "--offline")


@pytest.fixture(params=["embedded", "published"])
def evaluated(request):
    return request.getfixturevalue(request.param)


def test_a_long_film_becomes_55_clips_and_12_films_stay_12(workspace):
    generated = open_clipset(workspace.folder / "data" / "generated_landscape")
    assert len(generated) == 55
    assert {(float(record.duration), record.frames) for record in generated.records} == {(1.6, 16)}
    real = open_clipset(workspace.folder / "data" / "real")
    assert [Path(record.source).stem for record in real.records] == sorted(_REAL)
    assert not generated.failures and not real.failures


def test_inspect_tells_what_is_in_both_sets(workspace):
    assert "55 from 1" in workspace.avbench("inspect", "data/generated_landscape")
    assert "12 from 12" in workspace.avbench("inspect", "data/real")
    assert {path.stem for path in (workspace.folder / "results" / "inspect").iterdir()} == {
        "generated_landscape",
        "real",
    }


def test_embedded_features_give_numbers_named_after_their_networks(embedded):
    assert set(embedded.results["metric"]) == {"FVD[transnetv2]", "KVD[transnetv2]", "FAD[aisfx]"}


def test_published_features_give_the_plain_names(published):
    assert set(published.results["metric"]) == {"FVD", "KVD", "FAD"}


def test_each_run_has_a_finite_value_for_the_model_and_for_the_ground_truth(evaluated):
    rows = evaluated.results
    assert np.isfinite(rows["value"]).all()
    assert len(rows) == _RUNS * 3 * 2
    for _, some in rows.groupby(["run", "metric"]):
        assert list(some["method"]) == ["generated_landscape", GROUND_TRUTH]
        assert set(some["n_reference"]) == set(some["n_generated"]) == {_SAMPLES}


def test_generated_films_are_further_from_real_ones_than_these_from_each_other(embedded):
    # Not so with rule-made weights, whose distances mean nothing.
    generated, truth = (embedded.mean(method, "FVD[transnetv2]") for method in ("generated_landscape", GROUND_TRUTH))
    assert generated > truth > 0


def test_the_table_shows_both_rows_of_each_metric_and_the_notes(evaluated):
    for metric in set(evaluated.results["metric"]):
        lines = [line for line in evaluated.printed.splitlines() if line.startswith(f"{metric} ")]
        assert {word for line in lines for word in line.split()} >= {"generated_landscape", GROUND_TRUTH}
    assert "source=shards" in evaluated.printed and "biased: fewer clips than" in evaluated.printed


def test_rows_of_prepared_sets_say_so(evaluated):
    assert evaluated.results["note"].str.contains("source=shards").all()


def test_rows_of_a_folder_of_films_do_not_say_that_they_come_from_shards(workspace):
    arguments = ("--reference", "clips/real", "--generated", "data/generated_landscape", *_CHOSEN)
    results = workspace.evaluate("films", *arguments, "--features", "embedded", "--metrics", "fad").results
    from_shards = results["note"].str.contains("source=shards")
    assert set(results["method"][from_shards]) == {"generated_landscape"}
    assert set(results["method"][~from_shards]) == {GROUND_TRUTH}


def test_rows_of_weights_that_are_not_the_published_ones_say_so(published, weights):
    for extractor, rows in published.results.groupby("features"):
        digest = sha256_file(weights[extractor])
        assert set(rows["weights_sha256"]) == {digest}
        assert rows["note"].str.contains(f"weights=unverified:{digest[:12]}").all()


def test_rows_of_registered_weights_bear_no_such_mark(embedded):
    assert not embedded.results["note"].str.contains("unverified").any()


def test_provenance_holds_all_it_takes_to_do_it_again(evaluated, workspace):
    told = evaluated.provenance
    protocol = PUBLISHED.with_samples(_SAMPLES)
    assert told["protocol"] == {"hash": protocol.hash, **protocol.as_dict()}
    assert (told["runs"], told["seed"], told["method"]) == (_RUNS, 0, "generated_landscape")
    for side, name in (("reference", "real"), ("generated", "generated_landscape")):
        clipset = open_clipset(workspace.folder / "data" / name)
        assert (told[side]["path"], told[side]["kind"]) == (f"data/{name}", "shards")
        assert (told[side]["clips"], told[side]["fingerprint"]) == (len(clipset), clipset.fingerprint)
        assert set(told[side]["features"]) == {"video", "audio"}
    used = {name: network["weights_sha256"] for name, network in told["networks"].items()}
    rows = evaluated.results
    assert used == dict(zip(rows["features"], rows["weights_sha256"], strict=True))
    assert set(rows["protocol_hash"]) == {protocol.hash}
    assert {"avbench", "python", "torch", "torchaudio", "av", "numpy", "scipy"} <= told["versions"].keys()


def test_the_same_command_again_changes_no_byte(embedded, workspace):
    def written():
        return {path.name: path.read_bytes() for path in (workspace.folder / "embedded").glob("[!.]*")}

    before = written()
    again = workspace.evaluate("embedded", *_SETS, *_CHOSEN, "--features", "embedded")
    assert (written(), again.printed) == (before, embedded.printed)
