"""The training objective: predict the noise in each modality."""

import numpy as np
from torch import Tensor

from models.diffusion.schedule import Schedule
from models.diffusion.state import Denoiser, State, combine, predict_noise


def diffuse(clean: State, noise: State, t: Tensor, schedule: Schedule) -> State:
    """Noisy states, drawn from q(x_t | x_0): sqrt(alpha_bar_t) clean + sqrt(1 - alpha_bar_t) noise.

    Args:
        clean: nominally in [-1, 1].
        noise: standard normal, of the same shapes.
        t: (B,) int64, step of the schedule for each sample, the same for all its modalities.

    Source: Ho et al. 2020, "Denoising Diffusion Probabilistic Models", eq. 4.
    """
    alpha_bar = schedule.alpha_bar[t.cpu().numpy()]
    return combine((np.sqrt(alpha_bar), clean), (np.sqrt(1 - alpha_bar), noise))


def noise_losses(denoiser: Denoiser, clean: State, noise: State, t: Tensor, schedule: Schedule) -> tuple[Tensor, ...]:
    """Mean squared error of the predicted noise: (B,) float32 for each modality.

    The loss of a sample is their sum: modalities count alike, whatever their number of elements, and so do timesteps.
    The mean is taken in float32, also where the network computes in a lower precision.

    Source: Ruan et al. 2023, "MM-Diffusion", sec. 3.2, with lambda(t) = 1.
    """
    noisy = diffuse(clean, noise, t, schedule)
    predicted = predict_noise(denoiser, noisy, schedule.timesteps[t.cpu().numpy()])
    errors = (estimate.float() - truth.float() for estimate, truth in zip(predicted, noise, strict=True))
    return tuple(error.square().flatten(1).mean(1) for error in errors)
