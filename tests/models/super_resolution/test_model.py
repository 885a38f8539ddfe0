from dataclasses import replace

import golden_super_resolution as cases
import numpy as np
import pytest
import torch

from avbench.errors import DataError, UsageError
from models.draws import Draws
from models.model import Preset
from models.registry import MODELS
from models.super_resolution.model import SuperResolution

MODEL = SuperResolution()


def draws(*members: int) -> Draws:
    return Draws(0, "train", 1, members=members)


def batch_of(clipset, config, *indices: int) -> dict[str, torch.Tensor]:
    examples = MODEL.examples(clipset, config)
    pairs = [examples.read(index, np.random.default_rng(index)) for index in indices]
    return {name: torch.stack([pair[name] for pair in pairs]) for name in ("high", "low")}


def test_is_registered():
    assert isinstance(MODELS["super-resolution"], SuperResolution)


def test_the_paper_preset_is_the_sr_column_of_table_a1():
    preset: Preset = SuperResolution.presets["paper"]
    network, training = preset.network, preset.training
    assert (network.size, network.low_size) == (256, 64)
    assert (network.channels, network.channel_mult, network.blocks_per_level) == (192, (1, 1, 2, 2, 4, 4), 2)
    assert (network.attention_factors, network.dropout) == ((8, 16, 32), 0.1)
    assert (training.batch_size, training.steps, training.learning_rate) == (48, 270_000, 1e-4)
    assert (training.ema_decay, training.ema_warmup, training.mirror) == (0.9999, False, "random")


def test_the_released_preset_departs_in_dropout_mirroring_and_degradation_alone():
    paper, released = SuperResolution.presets["paper"], SuperResolution.presets["released"]
    network = replace(released.network, dropout=0.1, degradation="paper")
    training = replace(released.training, mirror="random")
    assert replace(released, network=network, training=training) == paper


def test_a_losses_parts_are_noise_and_variance_for_each_sample(clipset, config, network):
    losses = MODEL.losses(network, batch_of(clipset, config, 0, 1), draws(0, 1), config)
    assert set(losses.parts) == {"noise", "variance"}
    assert all(part.shape == (2,) and part.isfinite().all() for part in losses.parts.values())
    assert ((losses.noise_level >= 0) & (losses.noise_level < 1)).all()


def test_a_samples_loss_does_not_depend_on_its_batch(clipset, config, network):
    with torch.no_grad():
        together = MODEL.losses(network, batch_of(clipset, config, 0, 1), draws(4, 9), config)
        alone = MODEL.losses(network, batch_of(clipset, config, 1), draws(9), config)
    for name in ("noise", "variance"):
        assert float(alone.parts[name][0]) == pytest.approx(float(together.parts[name][1]), rel=1e-5)


def test_a_few_steps_of_training_lower_the_loss(clipset, config):
    torch.manual_seed(0)
    network = MODEL.build(config)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    batch = batch_of(clipset, config, 0, 1)
    values = []
    for _ in range(12):
        losses = MODEL.losses(network, batch, draws(0, 1), config)
        loss = sum(losses.parts.values()).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        values.append(loss.item())
    assert values[-1] < 0.7 * values[0]


def test_activation_checkpointing_is_a_setting_of_training(config):
    training = replace(config.training, activation_checkpointing=True)
    assert MODEL.build(replace(config, training=training)).activation_checkpointing


def test_a_published_checkpoint_starts_a_run(config):
    config = replace(config, spec=replace(config.spec, size=64), network=replace(config.network, **cases.SETTINGS))
    network = MODEL.from_published(cases.published_weights(), config)
    assert torch.equal(network.stem.weight, cases.published_weights()["input_blocks.0.0.weight"])


def test_a_published_checkpoint_of_another_network_is_refused(config):
    with pytest.raises(DataError, match="checkpoint of another network"):
        MODEL.from_published(cases.published_weights(), config)


def test_a_spec_of_another_size_than_the_networks_is_refused(config):
    with pytest.raises(UsageError, match=r"spec\.size is 32, network\.size 16"):
        MODEL.build(replace(config, spec=replace(config.spec, size=32)))


def test_another_solver_than_ddim_is_refused(config):
    with pytest.raises(UsageError, match="knows ddim only"):
        MODEL.build(replace(config, sampling=replace(config.sampling, solver="dpm")))


def test_samples_nothing_without_clips_to_enlarge(config, network):
    with pytest.raises(UsageError, match="avbench upscale CLIPSET --with RUN"):
        MODEL.generate(network, config, draws(0))


def test_a_preview_shows_what_is_given_what_is_made_of_it_and_what_it_was(clipset, config, network):
    config = replace(config, sampling=replace(config.sampling, steps=2))
    examples = MODEL.examples(clipset, config)
    video = MODEL.preview(network, config, draws(0, 1, 2), examples)["video"]
    assert video.shape == (3, 3, 16, 16, 3 * 16) and torch.equal(video[:, :, 0], video[:, :, -1])
    given, upscaled, high = video[:, :, 0].chunk(3, dim=-1)
    assert (given - high).abs().mean() < 0.5 * (upscaled - high).abs().mean()  # the network is untrained
    again = MODEL.preview(network, config, draws(0, 1, 2), examples)["video"]
    assert torch.equal(video, again)
