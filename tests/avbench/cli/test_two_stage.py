"""The 2-stage pipeline, as it is typed: four trainings, and clips whose sound came first."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from small_tats import SPEC, settings, train, untrained_diffwave
from tiny import TINY, make_movies, register_tiny_extractors

from avbench.clipset import open_clipset

_SHAPE = "spec.frames=4 spec.size=16 spec.sample_rate=1000 training.steps=3 training.batch_size=2"
_VQGAN = "network.codes=24 network.width=8 network.hidden=4 network.downsample=2,4,4 network.discriminator_channels=4"
TRAININGS = {
    "diffwave": "network.layers=2 network.channels=8 network.skip_channels=8 network.diffusion_steps=5 "
    "sampling.steps=5",
    "tats-vqgan": _VQGAN,
    "tats-audio-vqgan": f"{_VQGAN} network.columns=4 network.bands=8",
    "tats-audio": "network.layers=1 network.heads=2 network.width=16",
}


@pytest.mark.slow
def test_from_clips_to_the_scores_of_two_stages(avbench):
    register_tiny_extractors()
    make_movies(Path("data/movies"), 8, seconds=1.0, size=16)
    for model, changes in TRAININGS.items():
        own = [part for change in f"{_SHAPE} {changes}".split() for part in ("--set", change)]
        arguments = ("--data", "data/movies", "--preset", "tiny", "--name", model, "--workers", 0)
        code, out, err = avbench("train", model, *arguments, *own)
        assert (code, out) == (0, f"runs/{model}\n"), err
    arguments = ("sample", "--two-stage", "diffwave", "tats-audio", "--samples", 4)
    code, out, err = avbench(*arguments)
    folder = Path(out.strip())
    assert (code, folder.name) == (0, "two-stage-diffwave-step3-tokens-p0.92-seed0-step3"), err
    _, listed, _ = avbench("ls", "runs", "--json")
    assert folder.name in listed

    # The same command makes what is missing, as it was.
    whole = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    (folder / "sample-000003.mp4").unlink()
    assert avbench(*arguments)[:2] == (0, out)
    assert {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()} == whole

    clips = open_clipset(folder)
    assert [(record.has_video, record.has_audio) for record in clips.records] == [(True, True)] * 4
    options = ("--protocol", "avbench", "--switch", "frames=4", "--features", TINY, "--samples", 4, "--runs", 1)
    code, _, err = avbench("eval", "--reference", "data/movies", "--generated", folder, *options)
    assert code == 0, err
    (results,) = Path("results").iterdir()
    summary = pd.read_csv(results / "summary.csv")
    made = summary[summary["method"] != "ground-truth"]
    assert {"FVD[tiny_video]", "KVD[tiny_video]", "FAD[tiny_audio]"} <= set(made["metric"]) and made[
        "mean"
    ].notna().all()


@pytest.fixture(scope="module")
def tats(tmp_path_factory):
    """The folder of a small run of tats-audio, on VQGANs of a few steps."""
    folder = tmp_path_factory.mktemp("two-stage")
    movies = make_movies(folder / "movies", 4, seconds=1.0, size=16)
    stages = [train(settings(f"tats{kind}-vqgan", movies), folder / f"vqgan{kind}") for kind in ("", "-audio")]
    first_stages = tuple(run.checkpoints()[-1] for run in stages)
    return train(settings("tats-audio", movies, first_stages=first_stages), folder / "tats").path


@pytest.fixture
def runs(avbench, tats):
    shutil.copytree(tats, "runs/tats")
    make_movies(Path("silent"), 1, sound=False)
    make_movies(Path("short"), 1, seconds=0.2)
    untrained_diffwave(Path("runs/diffwave"), Path("data"))
    untrained_diffwave(Path("runs/faster"), Path("data"), type(SPEC)(frames=4, size=16, sample_rate=2000))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["tats", "--two-stage", "diffwave", "tats"], 2, "--two-stage names both runs"),
        (["--two-stage", "diffwave", "tats", "--from-audio", "short"], 2, "--two-stage names both runs"),
        (["--two-stage", "diffwave", "nowhere"], 2, "nowhere: there is no such run"),
        (["--two-stage", "tats", "diffwave"], 2, "tats makes video and audio; the first of two stages is a run that"),
        (["--two-stage", "faster", "tats"], 2, "faster makes 0.4 s of sound at 2,000 Hz, and tats takes 0.4 s"),
        (["--two-stage", "diffwave", "tats", "--solver", "ddim"], 2, "tats cannot be sampled by ddim"),
        (["tats"], 2, "tats-audio makes pictures to sound; give it some with --from-audio"),
        (["tats", "--from-audio", "silent"], 4, "silent: no clip has sound for 0.4 s"),
        (["tats", "--from-audio", "short"], 4, "short: no clip has sound for 0.4 s"),
    ],
)
def test_bad_input_gives_one_message_and_its_exit_code(avbench, runs, arguments, code, message):
    got, out, err = avbench("sample", "--samples", 1, *arguments)
    assert (got, out) == (code, ""), err
    assert message in err and "Traceback" not in err
    assert not list(Path("runs").glob("*/samples/*"))
