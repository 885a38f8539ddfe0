"""DDIM: steps that keep the predicted noise, and so get by with few of them."""

import numpy as np

from models.diffusion.reverse import ReverseProcess, run_reverse
from models.diffusion.schedule import Schedule
from models.diffusion.state import Denoiser, NoiseSource, OnStep, State


def ddim_process(schedule: Schedule, eta: float = 0.0) -> ReverseProcess:
    """Song et al. 2021, "Denoising Diffusion Implicit Models", eq. 12 and 16.

    The noise is what is left of x_i after the estimate of x_0, so that after clipping both still make up x_i.
    """
    after, before = schedule.alpha_bar, schedule.alpha_bar_before
    std = eta * np.sqrt(schedule.posterior_variance)
    noisy_weight = np.sqrt(1 - before - std**2) / np.sqrt(1 - after)
    clean_weight = np.sqrt(before) - noisy_weight * np.sqrt(after)
    return ReverseProcess(schedule, clean_weight, noisy_weight, std)


def sample_ddim(
    denoiser: Denoiser,
    initial: State,
    schedule: Schedule,
    *,
    eta: float = 0.0,
    noise: NoiseSource | None = None,
    clip: bool = True,
    on_step: OnStep | None = None,
) -> State:
    """Samples by DDIM, one evaluation of the denoiser for each step of the schedule.

    Args:
        initial: standard normal noise. With eta 0 it alone decides the sample.
        schedule: respaced to the wanted steps, for example "ddim25".
        eta: in [0, 1]; 1 adds as much noise as DDPM with the posterior's variance.
        noise: for all steps but the last; may be None if eta is 0.
        clip: limit each estimate of the clean state to [-1, 1].

    Raises:
        UsageError: eta is above 0 and there is no `noise`.
    """
    return run_reverse(ddim_process(schedule, eta), denoiser, initial, noise, clip=clip, on_step=on_step)
