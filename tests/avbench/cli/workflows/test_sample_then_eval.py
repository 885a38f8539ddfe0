"""`avbench eval` with nothing else: the newest run is sampled and scored against clips of its own shape."""

import dataclasses
import os
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from tiny import TINY, make_movies, register_tiny_extractors
from toy_model import ToyModel
from toy_runs import make_toy_run

from avbench.clip import ClipSpec
from avbench.clipset import open_clipset
from models.registry import MODELS
from pipelines.folder import folder
from pipelines.prepare import prepare
from pipelines.storage import Storage

# As long as a window of the protocols, and otherwise as small as the toy's.
SPEC = ClipSpec(frames=16, size=8, sample_rate=500)
SAMPLES = Path("runs/toy-run/samples/ddim5-seed0-step6")


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A data set of 6 videos and 24 windows."""
    place = tmp_path_factory.mktemp("real")
    make_movies(place / "videos", 6, seconds=6.4)
    storage = Storage(clip_seconds=Fraction(32, 5))
    prepare(folder(place / "videos"), place / "set", name="real", storage=storage, workers=1)
    return place / "set"


@pytest.fixture
def evaluate(avbench, real):
    """Runs `avbench eval` in a folder with the data set."""
    register_tiny_extractors()
    shutil.copytree(real, "data/real")

    def evaluate(*options):
        return avbench("eval", "--features", TINY, "--protocol", "avbench", "--samples", 4, "--runs", 2, *options)

    return evaluate


def results(name):
    return pd.read_csv(Path("results") / name / "results.csv")


def test_samples_that_are_missing_are_made_and_scored(evaluate):
    make_toy_run(Path("runs/toy-run"), spec=SPEC)
    code, out, err = evaluate()
    assert code == 0 and "toy-run" in out, err
    assert len(open_clipset(SAMPLES)) == 4
    rows = results("real@8px-0.5kHz-vs-toy-run-avbench")
    assert set(rows["metric"]) == {"FVD[tiny_video]", "KVD[tiny_video]", "FAD[tiny_audio]"}
    assert set(rows["method"]) == {"toy-run", "ground-truth"}


@pytest.mark.slow
def test_samples_that_are_there_are_not_made_again(evaluate):
    make_toy_run(Path("runs/toy-run"), spec=SPEC)
    evaluate()
    before = (SAMPLES / "sample-000003.mp4").stat().st_mtime_ns
    code, _, err = evaluate("--fresh-samples")
    assert code == 0, err
    assert len(open_clipset(SAMPLES)) == 8
    assert (SAMPLES / "sample-000003.mp4").stat().st_mtime_ns == before


def test_a_small_network_is_compared_with_clips_of_its_own_shape_and_it_is_said(evaluate):
    make_toy_run(Path("runs/toy-run"), spec=SPEC)
    _, _, err = evaluate()
    assert "data/real is brought to 8 pixels and 500 Hz" in err and "--reference data/real compares with" in err
    real = open_clipset(Path("runs/toy-run/eval/real-16"))
    assert {(record.width, record.sample_rate, record.frames) for record in real.records} == {(8, 500, 16)}
    # Clips of one video stay known as such, so that the ground truth is taken from different ones.
    assert len({record.source for record in real.records}) == 6


@pytest.mark.slow
def test_a_named_reference_is_taken_as_it_is(evaluate):
    make_toy_run(Path("runs/toy-run"), spec=SPEC)
    code, _, err = evaluate("--reference", "data/real")
    assert code == 0 and "is brought to" not in err
    assert len(results("real-vs-toy-run-avbench"))
    assert not Path("runs/toy-run/eval").exists()


@pytest.mark.slow
def test_a_network_of_the_papers_shape_is_compared_with_the_originals(evaluate):
    make_toy_run(Path("runs/toy-run"), spec=dataclasses.replace(SPEC, size=64, sample_rate=16_000))
    code, _, err = evaluate()
    assert code == 0 and "is brought to" not in err
    assert len(results("real-vs-toy-run-avbench"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("modality", "metrics"), [("video", {"FVD[tiny_video]", "KVD[tiny_video]"}), ("audio", {"FAD[tiny_audio]"})]
)
def test_a_network_of_one_modality_gets_the_metrics_of_that(evaluate, monkeypatch, modality, metrics):
    class OneOfBoth(ToyModel):
        modalities = (modality,)

        def generate(self, *given, **named):
            return {modality: ToyModel().generate(*given, **named)[modality]}

    list(MODELS)  # loads the built-in ones first
    monkeypatch.setitem(MODELS._things, "one-of-both", OneOfBoth())
    make_toy_run(Path("runs/toy-run"), model="one-of-both", spec=SPEC)
    code, _, err = evaluate()
    assert code == 0, err
    assert set(results("real@8px-0.5kHz-vs-toy-run-avbench")["metric"]) == metrics


@pytest.mark.slow
def test_samples_are_scored_though_their_checkpoint_is_gone(evaluate):
    run = make_toy_run(Path("runs/toy-run"), spec=SPEC)
    evaluate()
    run.checkpoints()[-1].unlink()
    code, _, err = evaluate()
    assert code == 0, err


def test_missing_real_clips_are_told_before_anything_is_made(evaluate):
    run = make_toy_run(Path("runs/toy-run"), spec=SPEC, data=Path("data/landscape"))
    code, _, err = evaluate()
    assert code == 2 and "data/landscape does not exist" in err
    assert not run.samples_folder.exists()


@pytest.mark.slow
def test_two_processes_sample_and_score_as_one_does(real, tmp_path, own_home):
    support = Path(__file__).resolve().parents[3] / "support"
    plugin = "import toy_model\nfrom tiny import register_tiny_extractors\n\nregister_tiny_extractors()\n"

    def evaluate(name: str, launcher: list[str]) -> bytes:
        folder = tmp_path / name
        shutil.copytree(real, folder / "data" / "real")
        make_toy_run(folder / "runs" / "toy-run", spec=SPEC)
        (folder / "plugin.py").write_text(plugin)
        options = ["--features", TINY, "--protocol", "avbench", "--samples", "8", "--runs", "2", "--out", "out"]
        done = subprocess.run(
            [sys.executable, "-m", *launcher, "avbench", "eval", *options, "--plugin", "plugin.py"],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(support), "OMP_NUM_THREADS": "1", "AVBENCH_HOME": str(own_home / name)},
            capture_output=True,
            text=True,
            timeout=500,
        )
        assert done.returncode == 0, done.stderr
        return (folder / "out" / "results.csv").read_bytes()

    two = evaluate("two", ["torch.distributed.run", "--nproc-per-node", "2", "-m"])
    assert evaluate("one", []) == two
