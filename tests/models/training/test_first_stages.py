"""A model that stands on a run trained before: which run it is, and that it stays as it was."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import toy_second_stage  # noqa: F401  registers "toy-second"
from toy_training import assert_same_training, toy_config, train_toy

from avbench.errors import DataError, UsageError
from avbench.ranks import Ranks
from models.checkpoint import Checkpoint, load_checkpoint, load_weights, save_checkpoint
from models.run import Run
from models.training.job import prepare_job
from models.training.loop import train_job
from models.training.start import Request, choose


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def first(movies):
    config = toy_config(movies, steps=2)
    return train_toy(Path("runs/first"), replace(config, network=replace(config.network, channels=6)))


def second_config(movies, **request):
    return choose(Request(model="toy-second", data=movies, **request)).config


def finish(path, config):
    config.save(path / "config.toml")
    return train_toy(path, config)


def test_its_network_and_its_checkpoint_are_those_of_the_run(movies, first):
    config = second_config(movies, first_stages=("first",))
    assert config.network.first.channels == 6
    assert config.first_stages == (Path("runs/first/checkpoints/00000002.pt"),)


def test_the_frozen_part_has_the_averaged_weights_of_the_run_from_the_first_step_to_the_last(movies, first):
    run = finish(Path("runs/second"), second_config(movies))
    given = load_weights(first)
    for file in run.checkpoints():
        checkpoint = load_checkpoint(file)
        for weights in (checkpoint.network, checkpoint.ema):
            assert all(torch.equal(weights[f"first.{name}"], tensor) for name, tensor in given.items())
    own = [load_checkpoint(file).network["correction.weight"] for file in run.checkpoints()[:2]]
    assert not torch.equal(*own)


def test_the_frozen_part_does_without_dropout(movies, first):
    config = second_config(movies)
    without, much = (
        finish(
            Path(f"runs/{dropout}"),
            replace(config, network=replace(config.network, first=replace(config.network.first, dropout=dropout))),
        )
        for dropout in (0.0, 0.9)
    )
    assert_same_training(without, much)


def test_once_begun_the_run_no_longer_needs_the_other(movies, first):
    config = second_config(movies, changes={"training.steps": "2"})
    run = finish(Path("runs/second"), config)
    shutil.rmtree(first.path)
    longer = replace(config, training=replace(config.training, steps=4))
    train_job(run, prepare_job(longer, Ranks(), begun=True))
    assert run.checkpoints()[-1].stem == "00000004"
    with pytest.raises(DataError, match="there is no such checkpoint"):
        prepare_job(longer, Ranks())


def test_by_default_it_is_the_newest_run_of_the_same_data(movies, first):
    newer = Run.create(Path("runs/newer"), first.config)
    other = Run.create(Path("runs/other"), replace(first.config, data=Path("elsewhere")))
    for run in (newer, other):
        save_checkpoint(run, Checkpoint(model="toy", step=1, network={}, ema={}))
    assert second_config(movies).first_stages == (newer.checkpoint_file(1),)


def test_without_any_run_the_message_says_how_to_train_one(movies):
    with pytest.raises(UsageError, match=r"stands on a trained toy, and runs/ has none.*`avbench train toy --data"):
        second_config(movies)


def test_runs_that_it_cannot_stand_on_are_refused(movies, first):
    Run.create(Path("runs/begun"), first.config)
    Run.create(Path("runs/second"), second_config(movies))
    for named, message in (
        (("second",), "toy-second stands on runs of toy, and this is one of toy-second"),
        (("first", "first"), "are both of toy; one is needed"),
        (("begun",), "runs/begun has no checkpoint yet"),
    ):
        with pytest.raises(UsageError, match=message):
            second_config(movies, first_stages=named)
    with pytest.raises(UsageError, match="toy stands on no other runs"):
        choose(Request(model="toy", data=movies, first_stages=("first",)))


def test_what_the_model_has_against_its_settings_is_told(movies, first):
    config = replace(first.config, spec=replace(first.config.spec, size=16))
    save_checkpoint(Run.create(Path("runs/larger"), config), Checkpoint(model="toy", step=1, network={}, ema={}))
    with pytest.raises(UsageError, match="the toy was trained on clips of"):
        second_config(movies, first_stages=("larger",))


def test_a_checkpoint_of_another_shape_is_refused_by_the_first_difference(movies, first):
    wider = second_config(movies, changes={"network.first.channels": "8"})
    with pytest.raises(DataError, match=r"00000002\.pt: .*network's first: video_in\.weight is \(6, .* and \(8, "):
        prepare_job(wider, Ranks())


def test_it_is_not_set_like_other_settings(movies, first):
    with pytest.raises(UsageError, match="--first-stage RUN"):
        second_config(movies, changes={"first_stages": "runs/first"})
