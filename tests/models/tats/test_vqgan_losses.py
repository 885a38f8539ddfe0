"""The VQGAN's losses against the public code's, and what each of them reaches."""

from dataclasses import replace

import golden_tats as golden
import pytest
import torch

from models.draws import Draws
from models.tats.vqgan_losses import autoencoder_losses, discriminator_losses

CASE = "vqgan_tiny"
FRAMES = torch.tensor(golden.CASES["vqgan_tiny_losses"]["inputs"]["frame_index_per_sample"])
SETTINGS = golden.VQGANS[CASE]


@pytest.fixture(scope="module")
def network():
    return golden.vqgan(CASE)


@pytest.fixture
def real():
    return golden.given(CASE, "video")


@pytest.fixture
def draws(monkeypatch):
    monkeypatch.setattr(Draws, "integers", lambda self, *name, high: FRAMES)
    return Draws(0, members=range(2))


def test_losses_equal_the_public_codes(network, real, draws):
    found = golden.output("vqgan_tiny_losses")
    autoencoder = autoencoder_losses(network, real, draws, SETTINGS, adversarial=True)
    judged = discriminator_losses(network, real, draws, SETTINGS)
    means = {name: part.mean() for name, part in autoencoder.parts.items()}
    for name, wanted in (
        ("l1", "recon_loss"),
        ("commitment", "commitment_loss"),
        ("perceptual", "perceptual_loss"),
        ("fooling", "adversarial_loss"),
        ("features", "feature_matching_loss"),
    ):
        torch.testing.assert_close(means[name], found[wanted], rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(autoencoder.observed["perplexity"].mean(), found["perplexity"], rtol=1e-3, atol=1e-5)
    total = torch.stack(list(judged.parts.values())).sum(0).mean()
    torch.testing.assert_close(total, found["discriminator_loss"], rtol=1e-3, atol=1e-5)


def test_before_the_discriminators_take_part_there_is_no_loss_of_theirs(network, real, draws):
    losses = autoencoder_losses(network, real, draws, SETTINGS, adversarial=False)
    assert losses.parts.keys() == {"l1", "commitment", "perceptual"}


def test_discriminators_learn_by_themselves_and_teach_the_codebook_nothing(real, draws):
    network = golden.vqgan(CASE).train()
    codes = network.codebook.embeddings.clone()
    losses = discriminator_losses(network, real, draws, SETTINGS)
    torch.stack(list(losses.parts.values())).sum().backward()
    assert all(each.grad is None for part in network.autoencoder for each in part.parameters())
    assert all(each.grad is not None for part in network.discriminators for each in part.parameters())
    assert torch.equal(network.codebook.embeddings, codes)


@pytest.mark.parametrize(("weight", "left"), [("image_weight", "video_hinge"), ("video_weight", "image_hinge")])
def test_a_discriminator_of_weight_0_is_left_out(network, real, draws, weight, left):
    settings = replace(SETTINGS, **{weight: 0.0})
    assert discriminator_losses(network, real, draws, settings).parts.keys() == {left}
