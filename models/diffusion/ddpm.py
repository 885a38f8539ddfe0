"""DDPM: ancestral sampling, each step drawn from a Gaussian around the posterior's mean."""

import numpy as np

from models.diffusion.reverse import ReverseProcess, run_reverse
from models.diffusion.schedule import Schedule
from models.diffusion.state import Denoiser, NoiseSource, OnStep, State


def ddpm_process(schedule: Schedule) -> ReverseProcess:
    """The posterior's mean and the "fixed large" variance beta_t. Ho et al. 2020, eq. 7 and sec. 3.2."""
    std = np.exp(0.5 * schedule.large_log_variance)
    std[0] = 0.0
    return ReverseProcess(schedule, schedule.posterior_clean_weight, schedule.posterior_noisy_weight, std)


def sample_ddpm(
    denoiser: Denoiser,
    initial: State,
    noise: NoiseSource,
    schedule: Schedule,
    *,
    clip: bool = True,
    on_step: OnStep | None = None,
) -> State:
    """Samples by ancestral sampling, one evaluation of the denoiser for each step of the schedule.

    Args:
        initial: standard normal noise.
        noise: for all steps but the last, which adds none.
        schedule: `respaced` for fewer steps.
        clip: limit each estimate of the clean state to [-1, 1].

    Source: Ho et al. 2020, "Denoising Diffusion Probabilistic Models", algorithm 2.
    """
    return run_reverse(ddpm_process(schedule), denoiser, initial, noise, clip=clip, on_step=on_step)
