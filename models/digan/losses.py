"""DIGAN's losses: what the generator, its two discriminators and their gradient penalty are trained by.

f is the softplus; logits are higher for what looks real. Every loss is of pairs of frames and of their single frames.

Source: Yu et al. 2022, section 3.2; Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data",
whose training code the released one is built on.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from models.config import RunConfig
from models.digan.augment import Augmentation
from models.digan.discriminator import as_pairs, frames_of
from models.digan.network import DiganNetwork
from models.digan.pairs import drawn_times
from models.draws import Draws
from models.model import Losses, Tensors


def generator_losses(network: DiganNetwork, batch: Tensors, draws: Draws, config: RunConfig) -> Losses:
    """f(-D(made)): the generator is to be taken for real."""
    motion, image = network.discriminators(_augmented(_made(network, draws, config, "generator"), draws, "generator"))
    return Losses({"generator_motion": F.softplus(-motion), "generator_image": F.softplus(-image).mean(1)})


def discriminator_losses(network: DiganNetwork, batch: Tensors, draws: Draws, config: RunConfig) -> Losses:
    """f(D(made)) + f(-D(real)): both are to be told from each other."""
    with torch.no_grad():
        made = _made(network, draws, config, "discriminator")
    motion, image = network.discriminators(_augmented(made, draws, "made"))
    real_motion, real_image = network.discriminators(_augmented(_real(batch), draws, "real"))
    return Losses(
        {
            "made_motion": F.softplus(motion),
            "made_image": F.softplus(image).mean(1),
            "real_motion": F.softplus(-real_motion),
            "real_image": F.softplus(-real_image).mean(1),
        },
        # Share of real ones that are taken for real: 1 where a discriminator has won.
        observed={"real_motion_known": (real_motion > 0).float(), "real_image_known": (real_image > 0).float().mean(1)},
    )


def gradient_penalty(network: DiganNetwork, batch: Tensors, draws: Draws, config: RunConfig) -> Losses:
    """R1: gamma / 2 times the squared gradient of a discriminator at what is real, made up for the steps without.

    By pairs as they are before they are augmented, and by single frames as they are after it: so in the released code.
    """
    settings = config.network
    pairs = _real(batch).requires_grad_()
    augmented = _augmented(pairs, draws, "penalty")
    frames = frames_of(augmented)
    motion = network.discriminators.motion(augmented)
    image = network.discriminators.image(frames)
    weight = settings.r1_every * settings.r1_gamma / 2
    return Losses(
        {
            "r1_motion": weight * squared_gradient(motion, pairs),
            "r1_image": weight * squared_gradient(image, frames).reshape(-1, 2).mean(1),
        }
    )


def squared_gradient(logits: Tensor, inputs: Tensor) -> Tensor:
    """The squared length of each sample's gradient: (B,), differentiable.

    Args:
        logits: (B,), each of its own sample.
        inputs: (B, ...), what they were computed from.
    """
    (gradient,) = torch.autograd.grad(logits.sum(), inputs, create_graph=True)
    return gradient.square().flatten(1).sum(1)


def _made(network: DiganNetwork, draws: Draws, config: RunConfig, phase: str) -> Tensor:
    """Pairs (B, 7, H, W) from the generator, of clips of their own for each phase."""
    settings, times = config.network, drawn_times(draws, phase)
    latent = draws.normal(phase, "latent", shape=(settings.latent,))
    motion = draws.normal(phase, "motion", shape=(settings.style,))
    return as_pairs(network.generator(latent, motion, times), times[:, 1] - times[:, 0])


def _real(batch: Tensors) -> Tensor:
    return as_pairs(batch["video"], batch["gap"])


def _augmented(pairs: Tensor, draws: Draws, name: str) -> Tensor:
    return Augmentation.drawn(draws, name, "augmentation", size=pairs.shape[-1])(pairs)
