"""The reverse process, step by step: what DDPM, DDIM and guidance have in common."""

from dataclasses import dataclass

import numpy as np
import torch

from avbench.errors import UsageError
from models.diffusion.schedule import Schedule, Table
from models.diffusion.state import Denoiser, NoiseSource, OnStep, State, combine, predict_noise


@dataclass(frozen=True, eq=False)
class ReverseProcess:
    """x_{i-1} = clean_weight[i] x_0 + noisy_weight[i] x_i + std[i] noise, with x_0 estimated from x_i.

    Attributes:
        schedule: possibly respaced; its steps are the steps taken, last first.
        clean_weight, noisy_weight, std: (T,), one for each step. `std` is 0 at step 0.
    """

    schedule: Schedule
    clean_weight: Table
    noisy_weight: Table
    std: Table

    def mean(self, clean: State, noisy: State, i: int) -> State:
        """Mean of x_{i-1}, given x_0 and x_i."""
        return combine((float(self.clean_weight[i]), clean), (float(self.noisy_weight[i]), noisy))

    def add_noise(self, mean: State, noise: NoiseSource | None, i: int) -> State:
        """x_{i-1} from its mean. Noise is drawn only where it has a weight.

        Raises:
            UsageError: noise is needed, and `noise` is None.
        """
        std = float(self.std[i])
        if std == 0:
            return mean
        if noise is None:
            raise UsageError("this sampler adds noise at each step (DDPM, or DDIM with eta > 0), but none is given")
        return combine((1.0, mean), (std, noise(len(self.schedule) - 1 - i)))


def estimate_clean(denoiser: Denoiser, noisy: State, i: int, schedule: Schedule, *, clip: bool) -> State:
    """x_0 as the denoiser sees it in x_i; `clip` limits it to [-1, 1]."""
    predicted = predict_noise(denoiser, noisy, int(schedule.timesteps[i]))
    alpha_bar = schedule.alpha_bar[i]
    clean = combine((float(np.sqrt(1 / alpha_bar)), noisy), (-float(np.sqrt(1 / alpha_bar - 1)), predicted))
    return tuple(tensor.clamp(-1, 1) for tensor in clean) if clip else clean


@torch.no_grad()
def run_reverse(
    process: ReverseProcess,
    denoiser: Denoiser,
    initial: State,
    noise: NoiseSource | None,
    *,
    clip: bool,
    on_step: OnStep | None,
) -> State:
    """From `initial`, standard normal noise, through all steps of the process. Keeps no graph."""
    state, steps = initial, len(process.schedule)
    for i in reversed(range(steps)):
        clean = estimate_clean(denoiser, state, i, process.schedule, clip=clip)
        state = process.add_noise(process.mean(clean, state, i), noise, i)
        if on_step:
            on_step(steps - i, steps)
    return state
