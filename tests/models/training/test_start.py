"""Which run a command means, and with which settings."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy_training import toy_config

from avbench.errors import MachineError, UsageError
from avbench.ranks import Ranks
from avbench.workspace import lock
from models.checkpoint import Checkpoint, save_checkpoint
from models.run import Run
from models.training.start import Request, choose, opened


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    (tmp_path / "data" / "real").mkdir(parents=True)
    (tmp_path / "data" / "real" / "clipset.json").touch()


def begin(request, *, step=None):
    """The run of a request, with a checkpoint if a step is given."""
    with opened(choose(request), Ranks()) as run:
        if step is not None:
            save_checkpoint(run, Checkpoint(model="toy", step=step, network={}, ema={}))
        return run


TOY = Request(model="toy")


def test_nothing_said_is_mm_diffusion_on_the_only_data_set():
    choice = choose(Request())
    assert (choice.config.model, choice.config.preset, choice.config.data) == (
        "mm-diffusion",
        "tiny",
        Path("data/real"),
    )
    assert choice.path == Path("runs/mm-diffusion-real-tiny-1") and not choice.exists


def test_settings_are_the_presets_and_what_was_changed():
    config = choose(replace(TOY, changes={"training.steps": "9", "network.dropout": "0"}, seed=3)).config
    assert (config.training.steps, config.network.dropout, config.seed) == (9, 0.0, 3)
    assert config.training.learning_rate == toy_config(Path()).training.learning_rate


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request(model="mm-difusion"), 'no model is called "mm-difusion"'),
        (replace(TOY, preset="papre"), 'toy has no preset "papre"; known: tiny'),
        (
            replace(TOY, changes={"training.step": "1"}),
            'no setting is called "training.step"; did you mean "training.steps"',
        ),
        (replace(TOY, changes={"preset": "paper"}), "chosen by --preset"),
        (replace(TOY, changes={"training.steps": "0"}), "training.steps is 0"),
        (replace(TOY, name="a/b"), '"a/b" is a path'),
        (replace(TOY, resume="nothing"), "nothing"),
        (Request(resume=""), "no unfinished run in runs/; start one"),
    ],
)
def test_what_does_not_exist_is_named(request_, message):
    with pytest.raises(UsageError, match=message):
        choose(request_)
    assert not Path("runs").exists()


def test_without_data_the_message_names_two_ways_to_get_some():
    (Path("data") / "real" / "clipset.json").unlink()
    with pytest.raises(
        UsageError, match="no data set in data/.*avbench prepare landscape.*avbench prepare synthetic.*--data"
    ):
        choose(TOY)


def test_new_runs_are_numbered():
    begin(TOY, step=6), begin(replace(TOY, seed=1))
    assert choose(replace(TOY, seed=2)).path == Path("runs/toy-real-tiny-3")


def test_the_same_command_goes_on_with_what_it_began():
    begin(TOY, step=4)
    choice = choose(TOY)
    assert (choice.path.name, choice.exists, choice.steps_done, choice.finished) == ("toy-real-tiny-1", True, 4, False)


def test_the_same_command_begins_anew_when_it_was_finished():
    begin(TOY, step=6)
    assert choose(TOY).path.name == "toy-real-tiny-2"


def test_a_name_that_is_taken_means_that_run():
    begin(replace(TOY, name="mine"), step=6)
    assert choose(replace(TOY, name="mine")).finished


def test_resume_means_the_newest_unfinished_run():
    begin(replace(TOY, name="older")), begin(replace(TOY, name="newer")), begin(replace(TOY, name="done"), step=6)
    Path("runs/done/metrics.csv").touch()
    assert choose(Request(resume="")).path == Path("runs/newer")


@pytest.mark.parametrize("named", ["mine", "runs/mine"])
def test_resume_takes_a_name_or_a_folder(named):
    begin(replace(TOY, name="mine"), step=2)
    assert choose(Request(resume=named)).steps_done == 2


def test_resume_takes_no_single_checkpoint():
    run = begin(replace(TOY, name="mine"), step=2)
    with pytest.raises(UsageError, match="goes on from its newest checkpoint: --resume .*mine"):
        choose(Request(resume=str(run.checkpoints()[0])))


@pytest.mark.parametrize(
    "request_",
    [
        replace(TOY, name="mine", changes={"training.steps": "9"}),
        Request(resume="mine", changes={"training.steps": "9"}),
    ],
)
def test_other_settings_are_refused_with_the_difference_until_forced(request_):
    begin(replace(TOY, name="mine"), step=4)
    with pytest.raises(UsageError, match=r"other settings: training\.steps: 6 -> 9\. .*--force"):
        choose(request_)
    forced = choose(replace(request_, force=True))
    with opened(forced, Ranks()):
        pass
    assert Run(Path("runs/mine")).config.training.steps == 9 and forced.steps_done == 4


def test_another_model_or_preset_is_not_resumed_even_by_force():
    begin(replace(TOY, name="mine"))
    for wrong in (Request(resume="mine", model="mm-diffusion"), Request(resume="mine", preset="paper")):
        with pytest.raises(UsageError, match="the run (trains toy|has preset tiny)"):
            choose(replace(wrong, force=True))


def test_data_may_be_named_by_another_path_to_the_same_place():
    begin(replace(TOY, name="mine"))
    assert choose(Request(resume="mine", data=Path("data/real").resolve())).config.data == Path("data/real")


def test_a_run_is_held_by_one_command():
    choice = choose(replace(TOY, name="mine"))
    with lock(Path("runs/mine")), pytest.raises(MachineError, match="runs/mine: another avbench command"):
        with opened(choice, Ranks()):
            pass
    assert not Path("runs/mine/config.toml").exists()
