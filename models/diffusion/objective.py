"""The training objective: predict the noise in each modality, or the velocity."""

import numpy as np
import torch
from torch import Tensor

from models.diffusion.prediction import Prediction
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
    return _turned(clean, noise, t, schedule)


def velocity(clean: State, noise: State, t: Tensor, schedule: Schedule) -> State:
    """sqrt(alpha_bar_t) noise - sqrt(1 - alpha_bar_t) clean; arguments as in `diffuse`.

    Source: Salimans and Ho 2022, "Progressive Distillation for Fast Sampling of Diffusion Models", appendix D.
    """
    return _turned(noise, tuple(-x for x in clean), t, schedule)


def prediction_losses(
    predictor: Denoiser,
    clean: State,
    noise: State,
    t: Tensor,
    schedule: Schedule,
    prediction: Prediction = "noise",
) -> tuple[Tensor, ...]:
    """Mean squared error of what is predicted: (B,) float32 for each modality.

    The loss of a sample is their sum: modalities count alike, whatever their number of elements, and so do timesteps.
    The mean is taken in float32, also where the network computes in a lower precision.

    Source: Ruan et al. 2023, "MM-Diffusion", sec. 3.2, with lambda(t) = 1.
    """
    timesteps = torch.from_numpy(schedule.timesteps).to(t.device)[t]
    predicted = predictor(diffuse(clean, noise, t, schedule), timesteps)
    target = noise if prediction == "noise" else velocity(clean, noise, t, schedule)
    errors = (estimate.float() - truth.float() for estimate, truth in zip(predicted, target, strict=True))
    return tuple(error.square().flatten(1).mean(1) for error in errors)


def _turned(first: State, second: State, t: Tensor, schedule: Schedule) -> State:
    """sqrt(alpha_bar_t) first + sqrt(1 - alpha_bar_t) second."""
    signal, deviation = np.sqrt(schedule.alpha_bar), np.sqrt(1 - schedule.alpha_bar)
    return tuple(
        per_sample(_look_up(signal, t, x), x) * x + per_sample(_look_up(deviation, t, y), y) * y
        for x, y in zip(first, second, strict=True)
    )


def _look_up(table: Table, t: Tensor, like: Tensor) -> Tensor:
    """`table` at `t`: (B,). On the device: fetching `t` would hold up training until the device has caught up."""
    return torch.as_tensor(table, dtype=like.dtype, device=like.device)[t]
