"""The losses of the 3D-VQGAN. Source: Ge et al. 2022, eq. 1 to 4, with the weights of the released training command."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from models.draws import Draws
from models.model import Losses
from models.tats.config import VqganConfig
from models.tats.vqgan import Vqgan


def autoencoder_losses(
    network: Vqgan, real: Tensor, draws: Draws, settings: VqganConfig, *, adversarial: bool
) -> Losses:
    """What encoder and decoder are trained by; the codebook follows on the way.

    Args:
        real: (B, C, T, H, W), as the network takes it.
        adversarial: whether the discriminators take part.
    """
    frame = _frame(draws, real)
    made = network.reconstruct(real, learn=True)
    parts = {
        "l1": settings.l1_weight * (made.video.float() - real).abs().flatten(1).mean(1),
        "commitment": made.quantised.commitment,
    }
    if network.perceptual_model is not None:
        distance = network.perceptual_model(_still(made.video, frame), _still(real, frame)).float()
        parts["perceptual"] = settings.perceptual_weight * distance
    if adversarial:
        parts |= _adversarial(network, real, made.video, frame, settings)
    perplexity = made.quantised.perplexity.expand(len(real))
    return Losses(parts, observed={"perplexity": perplexity})


def discriminator_losses(network: Vqgan, real: Tensor, draws: Draws, settings: VqganConfig) -> Losses:
    """The hinge losses of both discriminators, for the batch and the frame that the autoencoder has just seen.

    The released code lets the codebook follow the batch a second time here; ours does so once a batch.
    """
    frame = _frame(draws, real)
    with torch.no_grad():
        made = network.reconstruct(real, learn=False).video
    parts = {}
    if settings.image_weight:
        judged = (network.image_discriminator(_still(video, frame))[0] for video in (real, made))
        parts["image_hinge"] = settings.image_weight * hinge(*judged)
    if settings.video_weight:
        judged = (network.video_discriminator(video)[0] for video in (real, made))
        parts["video_hinge"] = settings.video_weight * hinge(*judged)
    return Losses(parts)


def hinge(real: Tensor, made: Tensor) -> Tensor:
    """(B,): half of how far logits (B, ...) fall short of 1 for what is real, and of -1 for what is made."""
    return 0.5 * (F.relu(1 - real.float()).flatten(1).mean(1) + F.relu(1 + made.float()).flatten(1).mean(1))


def _adversarial(network: Vqgan, real: Tensor, made: Tensor, frame: Tensor, settings: VqganConfig) -> dict[str, Tensor]:
    """What the discriminators make of a reconstruction, and how unlike their activations are for it and the clip."""
    fooling, matching = [], []
    for discriminator, weight, real_seen, made_seen in (
        (network.image_discriminator, settings.image_weight, _still(real, frame), _still(made, frame)),
        (network.video_discriminator, settings.video_weight, real, made),
    ):
        if not weight:
            continue
        logits, features = discriminator(made_seen)
        fooling.append(-weight * logits.float().flatten(1).mean(1))
        if settings.feature_weight:
            with torch.no_grad():
                _, wanted = discriminator(real_seen)
            matching.append(_distance(features, wanted))
    parts = {"fooling": torch.stack(fooling).sum(0)}
    if matching:
        parts["features"] = settings.feature_weight * torch.stack(matching).sum(0)
    return parts


def _distance(features: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
    """(B,): the sum of the layers' mean absolute differences."""
    layers = [(a.float() - b.float()).abs().flatten(1).mean(1) for a, b in zip(features, wanted, strict=True)]
    return torch.stack(layers).sum(0)


def _frame(draws: Draws, real: Tensor) -> Tensor:
    """The number of the frame, one for each clip, that stands for it where pictures are looked at."""
    return draws.integers("frame", high=real.shape[2])


def _still(video: Tensor, frame: Tensor) -> Tensor:
    """(B, C, H, W): frame number `frame` (B,) of each clip."""
    return video[torch.arange(len(video), device=video.device), :, frame]
