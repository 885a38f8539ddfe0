"""The training loop, on the toy model: what interrupts it changes nothing, and what goes wrong leaves a checkpoint."""

import os
import resource
import signal
from dataclasses import replace

import pytest
import torch
from toy_training import assert_same_training, logged, toy_config, train_toy

from avbench.errors import DataError, MachineError, UsageError
from models.checkpoint import load_checkpoint
from models.run import Run
from models.training import loop
from models.training.health import DivergenceError

# Checkpoints fall between the rows of metrics: the rows' means then reach over an interruption.
STEPS = {"steps": 7, "checkpoint_every": 2, "log_every": 3}


@pytest.fixture(scope="module")
def undisturbed(movies, tmp_path_factory):
    return train_toy(tmp_path_factory.mktemp("runs") / "undisturbed", toy_config(movies, **STEPS))


def stop_at(step, act):
    def progress(what, done, total):
        if done == step:
            act()

    return progress


class DeathError(Exception):
    """Stands for whatever ends a process."""


def die():
    raise DeathError


@pytest.mark.parametrize("step", [1, 2, 5])
def test_a_run_that_died_and_goes_on_equals_one_that_did_not(tmp_path, movies, undisturbed, step):
    with pytest.raises(DeathError):
        train_toy(tmp_path / "run", toy_config(movies, **STEPS), progress=stop_at(step, die))
    assert_same_training(train_toy(tmp_path / "run", toy_config(movies, **STEPS)), undisturbed)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_saves_the_step_under_way(tmp_path, movies, undisturbed, number):
    interrupt = stop_at(2, lambda: os.kill(os.getpid(), number))
    with pytest.raises(KeyboardInterrupt):
        train_toy(tmp_path / "run", toy_config(movies, **STEPS), progress=interrupt)
    assert Run(tmp_path / "run").checkpoints()[-1].stem == "00000003"
    assert_same_training(train_toy(tmp_path / "run", toy_config(movies, **STEPS)), undisturbed)


def test_reading_ahead_changes_no_bit(tmp_path, movies, undisturbed):
    assert_same_training(train_toy(tmp_path / "run", toy_config(movies, **STEPS), workers=2), undisturbed)


def test_previews_change_no_bit(tmp_path, movies, undisturbed):
    run = train_toy(tmp_path / "run", toy_config(movies, **STEPS, preview_every=3))
    assert sorted(path.name for path in (run.path / "previews").iterdir()) == [
        "00000003.mp4",
        "00000006.mp4",
        "00000007.mp4",
    ]
    assert_same_training(run, undisturbed)


def test_a_preview_that_cannot_be_made_does_not_end_the_training(tmp_path, movies, undisturbed, monkeypatch, caplog):
    def refuse(*arguments):
        raise UsageError("a solver of one step")

    monkeypatch.setattr(loop, "write_preview", refuse)
    assert_same_training(train_toy(tmp_path / "run", toy_config(movies, **STEPS)), undisturbed)
    assert "there is no preview of step 7: a solver of one step" in caplog.text


def test_micro_batches_add_up_to_the_batch(tmp_path, movies):
    def train(name, **training):
        config = toy_config(movies, **STEPS, **training)
        return train_toy(tmp_path / name, replace(config, network=replace(config.network, dropout=0.0)))

    whole, cut = train("whole"), train("cut", accumulation=4)
    for one, other in zip(
        *(load_checkpoint(run.checkpoints()[-1]).network.values() for run in (whole, cut)), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
    # A smaller batch may round the last bit otherwise.
    assert float(logged(cut)[0]["loss_q2"]) == pytest.approx(float(logged(whole)[0]["loss_q2"]), rel=1e-6)


def test_another_seed_is_another_training(tmp_path, movies, undisturbed):
    other = train_toy(tmp_path / "run", replace(toy_config(movies, **STEPS), seed=1))
    assert logged(other) != logged(undisturbed)


def test_the_loss_falls(tmp_path, movies):
    run = train_toy(tmp_path / "run", toy_config(movies, steps=40, log_every=20, checkpoint_every=40))
    first, last = (float(row["loss"]) for row in logged(run))
    assert last < 0.9 * first


def test_only_the_newest_checkpoints_are_kept(tmp_path, movies):
    run = train_toy(tmp_path / "run", toy_config(movies, steps=7, checkpoint_every=1, keep_checkpoints=2))
    assert [path.name for path in run.checkpoints()] == ["00000006.pt", "00000007.pt"]


def test_a_damaged_checkpoint_is_passed_over_with_a_warning(tmp_path, movies, undisturbed, caplog):
    with pytest.raises(DeathError):
        train_toy(tmp_path / "run", toy_config(movies, **STEPS), progress=stop_at(5, die))
    newest = Run(tmp_path / "run").checkpoints()[-1]
    newest.write_bytes(newest.read_bytes()[:-1000])
    assert_same_training(train_toy(tmp_path / "run", toy_config(movies, **STEPS)), undisturbed)
    assert "00000004.pt: damaged" in caplog.text and "Going on from the older" in caplog.text
    assert "00000002.pt" in caplog.text


def test_numbers_that_are_none_stop_the_training_before_they_spoil_the_weights(tmp_path, movies):
    train_toy(tmp_path / "run", toy_config(movies, steps=2))
    told = r"step 4 gave .*video (nan|inf).*good in .*00000002\.pt.*--resume run --force.*learning_rate=5e\+29"
    with pytest.raises(DivergenceError, match=told) as met:
        train_toy(tmp_path / "run", toy_config(movies, steps=9, learning_rate=1e30))
    assert met.value.exit_code == 4
    assert [path.name for path in Run(tmp_path / "run").checkpoints()] == ["00000002.pt"]


def test_a_full_disk_leaves_the_last_good_checkpoint(tmp_path, movies, undisturbed):
    config = toy_config(movies, **STEPS)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    fill = stop_at(3, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, before[1])))
    try:
        with pytest.raises(MachineError, match=r"00000004\.pt.*not saved; the last good checkpoint is .*00000002\.pt"):
            train_toy(tmp_path / "run", config, progress=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in (tmp_path / "run" / "checkpoints").iterdir()] == ["00000002.pt"]
    assert_same_training(train_toy(tmp_path / "run", config), undisturbed)


def test_other_data_than_before_is_refused_until_forced(tmp_path, movies, caplog):
    config = toy_config(movies, steps=2)
    train_toy(tmp_path / "run", config)
    longer = replace(config, training=replace(config.training, steps=4))
    fewer = tmp_path / "fewer"
    fewer.mkdir()
    for movie in sorted(movies.iterdir())[:3]:
        (fewer / movie.name).symlink_to(movie)
    with pytest.raises(UsageError, match="fewer has changed since .* --force"):
        train_toy(tmp_path / "run", replace(longer, data=fewer))
    train_toy(tmp_path / "run", replace(longer, data=fewer), force=True)
    assert Run(tmp_path / "run").checkpoints()[-1].stem == "00000004"


def test_another_network_is_refused_by_the_first_difference(tmp_path, movies):
    config = toy_config(movies, steps=2)
    train_toy(tmp_path / "run", config)
    with pytest.raises(DataError, match=r"another network than this ToyNetwork: video_in\.weight is \(4, 3, 1, 3, 3\)"):
        train_toy(tmp_path / "run", replace(config, network=replace(config.network, channels=8)), force=True)


def test_the_settings_of_the_optimiser_win_over_those_in_the_checkpoint(tmp_path, movies):
    config = toy_config(movies, steps=2)
    train_toy(tmp_path / "run", config)
    changed = replace(config, training=replace(config.training, steps=3, learning_rate=1e-5))
    run = train_toy(tmp_path / "run", changed, force=True)
    assert [float(row["learning_rate"]) for row in logged(run)] == [1e-2, 1e-2, 1e-5]


def test_the_learning_rate_falls_linearly_at_the_end(tmp_path, movies):
    run = train_toy(tmp_path / "run", toy_config(movies, steps=4, learning_rate=1e-2, learning_rate_decay=0.5))
    assert [float(row["learning_rate"]) for row in logged(run)] == [1e-2, 1e-2, 1e-2, 5e-3]


def test_half_precision_without_a_gpu_is_refused(tmp_path, movies):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(UsageError, match="fp16, which needs a GPU.*training.precision=no"):
        train_toy(tmp_path / "run", toy_config(movies, precision="fp16"))


def test_brain_floats_train(tmp_path, movies):
    run = train_toy(tmp_path / "run", toy_config(movies, **STEPS, precision="bf16"))
    assert all(tensor.dtype == torch.float32 for tensor in load_checkpoint(run.checkpoints()[-1]).ema.values())


def test_processes_that_do_not_find_each_other_are_refused(tmp_path, movies, monkeypatch):
    config = toy_config(movies)
    train_toy(tmp_path / "run", config)
    monkeypatch.setenv("WORLD_SIZE", "2")
    from models.training.state import new_accelerator

    with pytest.raises(UsageError, match="2 processes were started .*, but 1 found each other; .*torchrun"):
        new_accelerator(config.training)
