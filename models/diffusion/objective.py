"""The training objective: predict the noise in each modality."""

import numpy as np
import torch
from torch import Tensor

from models.diffusion.schedule import Schedule, Table
from models.diffusion.state import Denoiser, State, per_sample


def diffuse(clean: State, noise: State, t: Tensor, schedule: Schedule) -> State:
    """Noisy states, drawn from q(x_t | x_0): sqrt(alpha_bar_t) clean + sqrt(1 - alpha_bar_t) noise.

    Args:
        clean: nominally in [-1, 1].
        noise: standard normal, of the same shapes.
        t: (B,) int64, step of the schedule for each sample, the same for all its modalities.

    Source: Ho et al. 2020, "Denoising Diffusion Probabilistic Models", eq. 4.
    """
    signal, deviation = np.sqrt(schedule.alpha_bar), np.sqrt(1 - schedule.alpha_bar)
    return tuple(
        per_sample(_look_up(signal, t, x), x) * x + per_sample(_look_up(deviation, t, x), x) * e
        for x, e in zip(clean, noise, strict=True)
    )


def noise_losses(denoiser: Denoiser, clean: State, noise: State, t: Tensor, schedule: Schedule) -> tuple[Tensor, ...]:
    """Mean squared error of the predicted noise: (B,) float32 for each modality.

    The loss of a sample is their sum: modalities count alike, whatever their number of elements, and so do timesteps.
    The mean is taken in float32, also where the network computes in a lower precision.

    Source: Ruan et al. 2023, "MM-Diffusion", sec. 3.2, with lambda(t) = 1.
    """
    timesteps = torch.from_numpy(schedule.timesteps).to(t.device)[t]
    predicted = denoiser(diffuse(clean, noise, t, schedule), timesteps)
    errors = (estimate.float() - truth.float() for estimate, truth in zip(predicted, noise, strict=True))
    return tuple(error.square().flatten(1).mean(1) for error in errors)


def _look_up(table: Table, t: Tensor, like: Tensor) -> Tensor:
    """`table` at `t`: (B,). On the device: fetching `t` would hold up training until the device has caught up."""
    return torch.as_tensor(table, dtype=like.dtype, device=like.device)[t]
