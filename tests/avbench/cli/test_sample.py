"""`avbench sample`, as it is typed."""

import dataclasses
from pathlib import Path

import pytest
from tiny import make_movies
from toy_runs import make_toy_run

from avbench.clip import ClipSpec
from avbench.clipset import open_clipset
from models.registry import MODELS

TOY = Path("runs/toy-run")


@pytest.fixture
def run(avbench):
    return make_toy_run(TOY)


def test_the_newest_run_is_sampled_and_the_folder_printed(avbench, run):
    code, out, err = avbench("sample", "--samples", 2)
    assert (code, out) == (0, "runs/toy-run/samples/ddim5-seed0-step6\n"), err
    assert "2 samples by ddim in 5 steps, seed 0" in err
    assert len(open_clipset(Path(out.strip()))) == 2


@pytest.mark.parametrize("named", ["toy-run", "runs/toy-run", "runs/toy-run/checkpoints/00000006.pt"])
def test_a_run_is_known_by_name_by_folder_and_by_checkpoint(avbench, run, named):
    make_toy_run(TOY, step=4, weights_seed=1)
    code, out, _ = avbench("sample", named, "--samples", 1)
    assert code == 0 and out.endswith("step6\n")


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (["--solver", "dpm"], "dpm20-seed0-step6"),
        (["--solver", "ddpm", "--steps", "9"], "ddpm9-seed0-step6"),
        (["--steps", "7", "--seed", "3"], "ddim7-seed3-step6"),
        (["--solver", "dpm++-adaptive"], "dpm++-adaptive-seed0-step6"),
    ],
)
def test_solver_steps_and_seed_name_the_folder(avbench, run, options, name):
    code, out, err = avbench("sample", "--samples", 1, *options)
    assert (code, Path(out.strip()).name) == (0, name), err


@pytest.mark.parametrize(("option", "name"), [("--from-audio", "a2v"), ("--from-video", "v2a")])
def test_samples_are_made_to_fit_a_clip_set(avbench, run, option, name):
    make_movies(Path("real"), 2)
    code, out, err = avbench("sample", "--samples", 4, option, "real", "--per-condition", 2)
    assert (code, out) == (0, f"runs/toy-run/samples/{name}-real-x2-ddim5-seed0-step6\n"), err
    keys = [record.meta["condition_key"] for record in open_clipset(Path(out.strip())).records]
    assert keys[0] == keys[1] and set(keys) <= {record.key for record in open_clipset(Path("real")).records}


def test_an_upscaled_copy_lies_beside_the_samples(avbench):
    from models.checkpoint import Checkpoint, save_checkpoint
    from models.config import RunConfig
    from models.run import Run

    make_toy_run(TOY, spec=ClipSpec(frames=2, size=16, sample_rate=500))
    upsampler = MODELS["super-resolution"]
    preset = upsampler.presets["tiny"]
    fields = {name: getattr(preset, name) for name in ("spec", "network", "training")}
    sampling = dataclasses.replace(preset.sampling, steps=2)
    config = RunConfig(model="super-resolution", preset="tiny", data=Path("data"), sampling=sampling, **fields)
    weights = upsampler.build(config).state_dict()
    save_checkpoint(
        Run.create(Path("runs/sr"), config), Checkpoint(model="super-resolution", step=3, network=weights, ema=weights)
    )
    code, out, err = avbench("sample", "toy-run", "--samples", 2, "--upscale", "runs/sr/checkpoints/00000003.pt")
    assert code == 0, err
    base, upscaled = map(open_clipset, map(Path, out.split()))
    assert upscaled.path.name == "ddim5-seed0-step6-sr64"
    assert [(record.width, record.frames) for record in (*base.records, *upscaled.records)] == [(16, 2)] * 2 + [
        (64, 2)
    ] * 2
    for index in range(2):
        small, large = (
            each.clip(index, spec=ClipSpec(frames=2, size=16, sample_rate=500)) for each in (base, upscaled)
        )
        assert (small.audio == large.audio).all()
    code, _, err = avbench("sample", "sr")
    assert code == 2 and "avbench upscale" in err and not list(Path("runs/sr/samples").iterdir())


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere"], 2, "nowhere: there is no such run; in runs/ are toy-run"),
        (["published.pt"], 2, "avbench import published.pt --as MODEL"),
        (["--solver", "euler"], 2, "euler"),
        (["--samples", "0"], 2, "greater than or equal to 1"),
        (["--from-audio", "real", "--from-video", "real"], 2, "exclude each other"),
        (["--from-audio", "missing"], 2, "missing does not exist"),
        (["--guidance", "gradient"], 2, "need --from-audio or --from-video"),
        (["--from-audio", "real", "--guidance", "gradient"], 2, "--scale belong together"),
        (["--from-audio", "silent"], 4, "no clip has sound"),
        (["--as-published"], 2, "MP3 has no sample rate of 500 Hz"),
        (["--upscale", "toy-run"], 2, "toy-run is no super-resolution run"),
        (["--out", "real"], 2, "real: the folder is not empty, and avbench did not make it"),
    ],
)
def test_bad_input_gives_one_message_and_its_exit_code(avbench, run, arguments, code, message):
    make_movies(Path("real"), 1)
    make_movies(Path("silent"), 1, sound=False)
    Path("published.pt").touch()
    got, out, err = avbench("sample", *arguments)
    assert (got, out) == (code, ""), err
    assert message in err and "Traceback" not in err
    assert not run.samples_folder.exists()


def test_no_run_says_how_to_train_one(avbench):
    code, _, err = avbench("sample")
    assert code == 2 and "train one with `avbench train`" in err
