"""Adversarial training in the common loop: phases in turn, each with its own optimiser, on the toy GAN."""

from dataclasses import replace

import pytest
import torch
from toy_gan import PENALTY_EVERY, ToyGanConfig, ToyGanModel
from toy_training import assert_same_training, logged, toy_config, train_toy

from avbench.errors import UsageError
from models.checkpoint import load_checkpoint
from models.registry import MODELS

STEPS = {"steps": 7, "checkpoint_every": 2, "log_every": 1}


def gan_config(movies, *, network=None, **training):
    config = toy_config(movies, **STEPS | training)
    return replace(config, model="toy-gan", network=ToyGanConfig(**network or {}))


def newest(run):
    return load_checkpoint(run.checkpoints()[-1])


@pytest.fixture(scope="module")
def undisturbed(movies, tmp_path_factory):
    return train_toy(tmp_path_factory.mktemp("runs") / "undisturbed", gan_config(movies))


class DeathError(Exception):
    """Stands for whatever ends a process."""


@pytest.mark.parametrize("step", [1, 4])
def test_a_run_that_died_and_goes_on_equals_one_that_did_not(tmp_path, movies, undisturbed, step):
    def die(what, done, total):
        if done == step:
            raise DeathError

    with pytest.raises(DeathError):
        train_toy(tmp_path / "run", gan_config(movies), progress=die)
    assert_same_training(train_toy(tmp_path / "run", gan_config(movies)), undisturbed)


def test_micro_batches_add_up_to_the_batch(tmp_path, movies):
    def train(parts):
        config = gan_config(movies, network={"memory": 0.0}, accumulation=parts, learning_rate=1e-3)
        return newest(train_toy(tmp_path / f"{parts}", config)).network

    whole, cut = train(1), train(4)
    for name, tensor in whole.items():
        torch.testing.assert_close(cut[name], tensor, rtol=1e-3, atol=1e-5)


def test_a_phase_gives_gradients_to_its_own_optimiser_alone(tmp_path, movies, undisturbed, monkeypatch):
    class Careless(ToyGanModel):
        """Does not keep the discriminator's loss from reaching the generator."""

        def discriminator_losses(self, network, batch, draws, config):
            with torch.no_grad():
                before = network.seen.clone()
                network.generate(draws.normal("discriminator", shape=(8,)))
            after, network.seen = network.seen, before
            losses = super().discriminator_losses(network, batch, draws, config)
            network.seen = after
            fake = network.generator(draws.normal("discriminator", shape=(8,)) + after)[:, None]
            return replace(
                losses, parts=dict(losses.parts) | {"fake": torch.nn.functional.softplus(network.judge(fake))}
            )

    monkeypatch.setitem(MODELS._things, "toy-gan", Careless())
    run = train_toy(tmp_path / "run", gan_config(movies))
    for name, tensor in newest(undisturbed).network.items():
        torch.testing.assert_close(newest(run).network[name], tensor)


def test_each_optimiser_keeps_its_share_of_the_learning_rate(tmp_path, movies):
    config = gan_config(
        movies, network={"discriminator_rate": 0.25}, steps=4, learning_rate=1e-2, learning_rate_decay=0.5
    )
    rows = logged(train_toy(tmp_path / "run", config))
    rates = [[float(row[f"{name}_learning_rate"]) for row in rows] for name in ("generator", "discriminator")]
    assert rates == [[1e-2, 1e-2, 1e-2, 5e-3], [2.5e-3, 2.5e-3, 2.5e-3, 1.25e-3]]


def test_an_optimiser_without_a_rate_changes_nothing(tmp_path, movies):
    run = train_toy(tmp_path / "run", gan_config(movies, network={"discriminator_rate": 0.0}))
    first, last = (load_checkpoint(file).network for file in (run.checkpoints()[0], run.checkpoints()[-1]))
    changed = {name.split(".")[0] for name in first if not torch.equal(first[name], last[name])}
    assert changed == {"generator", "seen"}


def test_a_phase_that_is_due_on_some_steps_is_logged_on_those(undisturbed):
    due = [row["penalty"] != "nan" for row in logged(undisturbed)]
    assert due == [step % PENALTY_EVERY == 0 for step in range(1, 8)]


def test_phases_are_logged_with_their_parts_and_what_was_observed(undisturbed):
    row = {name: float(value) for name, value in logged(undisturbed)[-1].items()}
    assert row["discriminator"] == pytest.approx(row["real"] + row["fake"])
    assert row["generator"] == row["fooling"]
    assert row["generator_gradient_norm"] > 0 and row["discriminator_gradient_norm"] > 0
    assert "margin" in row and "loss" not in row and "loss_q1" not in row


def test_only_the_generator_is_averaged(undisturbed):
    checkpoint = newest(undisturbed)
    averaged = {name.split(".")[0] for name in checkpoint.ema if not torch.equal(*_pair(checkpoint, name))}
    assert averaged == {"generator"}


def _pair(checkpoint, name):
    return checkpoint.ema[name], checkpoint.network[name]


def test_gradients_are_clipped_after_their_norm_was_taken(tmp_path, movies, undisturbed):
    run = train_toy(tmp_path / "run", gan_config(movies, steps=1, gradient_clip=1e-3))
    norm = logged(run)[0]["generator_gradient_norm"]
    assert norm == logged(undisturbed)[0]["generator_gradient_norm"] and float(norm) > 1e-3
    # With betas[0] = 0, Adam's first moment is the gradient itself.
    state = newest(run).training["optimizers"]["generator"]["state"]
    moments = torch.cat([values["exp_avg"].flatten() for values in state.values()])
    assert float(moments.norm()) == pytest.approx(1e-3, rel=1e-2)


def test_what_does_not_go_with_several_optimisers_is_refused(tmp_path, movies):
    with pytest.raises(UsageError, match=r"trained by 2 optimisers, .*leave training\.compile out"):
        train_toy(tmp_path / "run", gan_config(movies, compile=True))
