"""`avbench train` as users meet it: what it says, what it leaves behind, and its exit codes."""

import os
import signal
import sys
from pathlib import Path

import pytest
from tiny import make_movies
from toy_training import make_data

from avbench.cli.main import run
from avbench.workspace import lock
from models.run import Run
from models.training import job, loop

_TOY = Path(__file__).resolve().parents[2] / "support" / "toy_model.py"


@pytest.fixture(scope="module")
def movies(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp("data") / "movies")


@pytest.fixture
def avbench(tmp_path, monkeypatch, capsys):
    """Runs `avbench train` in an empty folder; returns exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def avbench(*arguments):
        monkeypatch.setattr(sys, "argv", ["avbench", "train", *map(str, arguments), "--workers", "0"])
        with pytest.raises(SystemExit) as ended:
            run()
            sys.exit(0)
        captured = capsys.readouterr()
        return ended.value.code, captured.out, " ".join(captured.err.split())

    return avbench


@pytest.fixture
def toy(avbench, movies):
    return lambda *options: avbench("toy", "--plugin", _TOY, "--data", movies, *options)


def test_says_what_it_chose_and_prints_where_the_run_is(toy):
    code, out, err = toy()
    assert (code, out) == (0, "runs/toy-movies-tiny-1\n")
    assert "toy, preset tiny: 156 parameters, about 0.0 GiB of the" in err
    assert "5 clips, in windows of 4 frames of 8x8 at 10 fps, sound at 500 Hz" in err
    assert "steps 1 to 6 of 4 samples" in err
    assert "go on with `avbench sample toy-movies-tiny-1`" in err
    files = sorted(path.name for path in Path(out.strip()).iterdir() if not path.name.startswith("."))
    assert files == ["checkpoints", "config.toml", "metrics.csv", "previews", "tensorboard"]


def test_a_finished_run_is_not_trained_again(toy):
    toy("--name", "mine")
    code, out, err = toy("--name", "mine")
    assert code == 0 and "runs/mine was finished before; nothing was to do" in err


def test_ctrl_c_saves_and_the_same_command_goes_on(toy, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(loop, "write_preview", lambda *arguments: os.kill(os.getpid(), signal.SIGINT))
        code, _, err = toy("--set", "training.preview_every=3")
    assert code == 130 and "interrupted; what is done is kept" in err
    assert Run(Path("runs/toy-movies-tiny-1")).checkpoints()[-1].stem == "00000004"
    code, out, err = toy("--set", "training.preview_every=3")
    assert (code, out) == (0, "runs/toy-movies-tiny-1\n") and "steps 5 to 6" in err


def test_resume_without_a_name_takes_the_newest_unfinished_run(toy, avbench, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(loop, "write_preview", lambda *arguments: os.kill(os.getpid(), signal.SIGINT))
        toy("--set", "training.preview_every=3", "--name", "mine")
    code, out, _ = avbench("--resume", "--plugin", _TOY)
    assert (code, out) == (0, "runs/mine\n")


def test_changed_settings_are_refused_with_the_difference_and_forced(toy, avbench):
    toy("--name", "mine", "--steps", "2")
    code, _, err = avbench("mine", "--resume", "--steps", "3", "--plugin", _TOY)
    assert code == 2 and "other settings: training.steps: 2 -> 3" in err and "--force" in err
    code, _, _ = avbench("mine", "--resume", "--steps", "3", "--plugin", _TOY, "--force")
    assert code == 0 and Run(Path("runs/mine")).checkpoints()[-1].stem == "00000003"


def test_no_data_set_says_how_to_make_one(avbench):
    code, _, err = avbench()
    assert code == 2 and "avbench prepare landscape" in err and "avbench prepare synthetic" in err


def test_a_second_command_on_the_same_run_is_told_to_wait(toy):
    with lock(Path("runs/mine")):
        code, _, err = toy("--name", "mine")
    assert code == 6 and "runs/mine: another avbench command is writing there" in err


def test_a_preset_that_cannot_be_trained_here_says_what_could(avbench, movies, monkeypatch):
    monkeypatch.setattr(job, "available_gib", lambda: 20.0)
    code, _, err = avbench("mm-diffusion", "--data", movies, "--preset", "paper")
    assert code == 2 and "paper with 128 samples at once takes about" in err and "20.0 GiB are free" in err
    assert "--set training.accumulation=" in err and "--preset tiny" in err
    assert not Path("runs").exists()


def test_half_precision_without_a_gpu_is_refused(toy, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    code, _, err = toy("--set", "training.precision=fp16")
    assert code == 2 and "fp16, which needs a GPU" in err


@pytest.mark.parametrize(
    ("kind", "message"), [({"sound": False}, "2 without sound"), ({"seconds": 0.5}, "2 shorter than 1.6 s")]
)
def test_data_that_cannot_be_trained_on_leaves_no_run(avbench, tmp_path, kind, message):
    make_movies(tmp_path / "bad", 2, size=16, **kind)
    code, _, err = avbench("mm-diffusion", "--data", tmp_path / "bad", "--preset", "tiny")
    assert code == 4 and f"{tmp_path / 'bad'}: none of its 2 clips can be trained on: {message}" in err
    assert not Path("runs").exists()


def test_a_shape_that_does_not_divide_leaves_no_run(avbench, movies):
    code, _, err = avbench(
        "mm-diffusion", "--data", movies, "--preset", "tiny", "--set", "spec.size=18", "--set", "spec.frames=4"
    )
    assert code == 2 and "18" in err
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--set", "training.step=3"), 'did you mean "training.steps"?'),
        (("--set", "training.steps=few"), "it takes a whole number"),
        (("--set", "training.accumulation=3"), "a batch of 4 does not divide into"),
        (("--preset", "huge"), 'toy has no preset "huge"; known: tiny'),
        (("--data", "nowhere"), "nowhere does not exist"),
        (("--init", "nowhere.pt"), "nowhere.pt: there is no such checkpoint"),
        (("--name", "a/b"), "is a path"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_no_run(toy, options, message):
    code, _, err = toy(*options)
    assert code in (2, 4) and message in err
    assert not Path("runs").exists()


def test_an_unknown_model_is_named_with_the_known_ones(avbench, movies):
    code, _, err = avbench("diffusion", "--data", movies)
    assert code == 2 and 'no model is called "diffusion"; known: audio-only' in err
