"""DIGAN's losses against the public code's, and what each of them reaches."""

from dataclasses import replace
from pathlib import Path

import golden_digan as golden
import pytest
import torch

from avbench.clip import ClipSpec
from models.config import RunConfig
from models.digan.config import TINY
from models.digan.discriminator import as_pairs, frames_of
from models.digan.losses import discriminator_losses, generator_losses, gradient_penalty, squared_gradient
from models.digan.network import DiganNetwork
from models.draws import Draws
from models.registry import MODELS

CASE = "discriminator_tiny"
SMALL = replace(TINY, latent=8, style=8, channel_max=8, frequencies=4, rank=2)
CONFIG = RunConfig(
    model="digan",
    preset="tiny",
    data=Path("data"),
    spec=ClipSpec(frames=4, size=16),
    network=SMALL,
    training=MODELS["digan"].presets["tiny"].training,
)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return DiganNetwork(SMALL, 16)


@pytest.fixture
def batch():
    return {"video": torch.rand(4, 3, 2, 16, 16), "gap": torch.rand(4)}


def draws():
    return Draws(0, "train", 1, members=range(4))


def test_the_penalty_is_the_public_codes():
    discriminators, found = golden.network(CASE).discriminators, golden.output(CASE)
    pair_B6HW, gap_B = golden.given(CASE, "pair"), golden.given(CASE, "dt").abs() % 1
    pairs = as_pairs(pair_B6HW.unflatten(1, (2, 3)).transpose(1, 2), gap_B).requires_grad_()
    frames = frames_of(pairs)
    motion = squared_gradient(discriminators.motion(pairs), pairs)
    image = squared_gradient(discriminators.image(frames), frames)
    torch.testing.assert_close(motion, found["r1_video"], rtol=1e-3, atol=0)
    torch.testing.assert_close(image, found["r1_image"], rtol=1e-3, atol=0)
    torch.testing.assert_close(motion.mean() / 2 + image.mean() / 2, found["loss_R1"], rtol=1e-3, atol=1e-5)


def test_logits_are_weighed_as_in_the_public_code(network, batch, monkeypatch):
    found = golden.output(CASE)
    logits = found["logit_video"][:, 0], found["logit_image"].reshape(4, 2)
    monkeypatch.setattr(network.discriminators, "forward", lambda pairs: logits)
    told = generator_losses(network, batch, draws(), CONFIG).parts
    told |= discriminator_losses(network, batch, draws(), CONFIG).parts
    for name, key in (("generator", "loss_G"), ("made", "loss_D_fake"), ("real", "loss_D_real")):
        loss = told[f"{name}_motion"].mean() + told[f"{name}_image"].mean()
        torch.testing.assert_close(loss, found[key], rtol=1e-3, atol=1e-5)


def gradients(network, losses):
    """Whether any gradient of each part is not 0."""
    network.zero_grad()
    torch.stack(list(losses.parts.values())).sum().backward()
    return {
        name: any(each.grad is not None and bool(each.grad.any()) for each in part.parameters())
        for name, part in (
            ("mapping", network.generator.mapping),
            ("synthesis", network.generator.synthesis),
            ("motion", network.discriminators.motion),
            ("image", network.discriminators.image),
        )
    }


def test_the_generator_learns_through_both_discriminators(network, batch):
    losses = generator_losses(network, batch, draws(), CONFIG)
    assert {name: part.shape for name, part in losses.parts.items()} == dict.fromkeys(
        ("generator_motion", "generator_image"), (4,)
    )
    assert all(gradients(network, losses).values())


@pytest.mark.parametrize("loss", [discriminator_losses, gradient_penalty])
def test_the_discriminators_learn_by_themselves(network, batch, loss):
    losses = loss(network, batch, draws(), CONFIG)
    assert all(part.shape == (4,) for part in losses.parts.values())
    assert gradients(network, losses) == {"mapping": False, "synthesis": False, "motion": True, "image": True}


def test_the_penalty_is_made_up_for_the_steps_without(network, batch):
    once, often = (
        gradient_penalty(network, batch, draws(), replace(CONFIG, network=replace(SMALL, r1_every=every, r1_gamma=2.0)))
        for every in (1, 16)
    )
    for name, part in once.parts.items():
        torch.testing.assert_close(often.parts[name], 16 * part)


def test_each_phase_makes_clips_of_its_own_and_augments_all_of_them(network, batch, monkeypatch):
    made = []
    monkeypatch.setattr(network.generator, "forward", lambda *given: made.append(given) or torch.zeros(4, 3, 2, 16, 16))
    generator_losses(network, batch, draws(), CONFIG)
    discriminator_losses(network, batch, draws(), CONFIG)
    assert all(not torch.equal(*pair) for pair in zip(*made, strict=True))


def test_losses_do_not_depend_on_the_order_of_the_draws(network, batch):
    shared = draws()
    discriminator_losses(network, batch, shared, CONFIG)
    torch.testing.assert_close(
        generator_losses(network, batch, shared, CONFIG).parts, generator_losses(network, batch, draws(), CONFIG).parts
    )


@pytest.mark.parametrize("loss", [generator_losses, discriminator_losses, gradient_penalty])
def test_half_precision_moves_losses_little(network, batch, loss):
    whole = loss(network, batch, draws(), CONFIG).parts
    with torch.autocast("cpu", torch.bfloat16):
        half = loss(network, {name: tensor.detach() for name, tensor in batch.items()}, draws(), CONFIG).parts
    for name, part in whole.items():
        torch.testing.assert_close(half[name].float(), part, rtol=0.1, atol=0.05)
