"""DiffWave's samplers: through all steps of the diffusion, or through six of another schedule.

Source: Kong et al. 2021, "DiffWave", algorithm 2 and appendix B.
"""

from collections.abc import Sequence

import numpy as np
import torch

from avbench.errors import UsageError
from models.diffusion.schedule import Schedule, Table
from models.diffusion.state import Denoiser, NoiseSource, OnStep, State, combine, predict_noise

FAST: tuple[float, ...] = (1e-4, 1e-3, 0.01, 0.05, 0.2, 0.5)
"""Betas of the fast schedule. The paper uses it for vocoding, and samples sound without a condition by all steps."""

_ROUNDING = 1e-9  # of products of many factors


@torch.no_grad()
def sample(
    denoiser: Denoiser,
    initial: State,
    noise: NoiseSource,
    schedule: Schedule,
    *,
    fast: bool = False,
    clamp: bool = True,
    on_step: OnStep | None = None,
) -> State:
    """Samples by DiffWave's reverse process.

    Args:
        denoiser: is told integer steps; fractional ones where `fast`.
        initial: standard normal noise.
        noise: for all steps but the last.
        schedule: that of the training.
        fast: the reverse process of `FAST`, in its few steps.
        clamp: limit the state to [-1, 1] after every step, noisy as it is: so does lmnt's code, not the authors'.

    Raises:
        UsageError: the fast schedule does not fit into that of the training.
    """
    told: Sequence[float] | Sequence[int] = range(len(schedule))
    if fast:
        told = aligned_steps(FAST, schedule).tolist()
        schedule = Schedule(betas=np.array(FAST), timesteps=np.arange(len(FAST)))
    signal = 1 / np.sqrt(1 - schedule.betas)
    deviation = np.sqrt(schedule.posterior_variance)
    state, steps = initial, len(schedule)
    for n in reversed(range(steps)):
        predicted = predict_noise(denoiser, state, told[n])
        weight = signal[n] * schedule.betas[n] / np.sqrt(1 - schedule.alpha_bar[n])
        state = combine((float(signal[n]), state), (-float(weight), predicted))
        if n > 0:
            state = combine((1.0, state), (float(deviation[n]), noise(steps - 1 - n)))
        if clamp:
            state = tuple(tensor.clamp(-1, 1) for tensor in state)
        if on_step:
            on_step(steps - n, steps)
    return state


def aligned_steps(betas: Sequence[float], training: Schedule) -> Table:
    """The fractional training steps at which there is as much noise as at the steps of a short schedule.

    sqrt(alpha_bar) is linear between two steps.

    Raises:
        UsageError: the short schedule leaves the range of the training's, where no step has that much noise.
    """
    level, trained = np.sqrt(np.cumprod(1 - np.array(betas))), np.sqrt(training.alpha_bar)
    if level.max() > trained[0] + _ROUNDING or level.min() < trained[-1] - _ROUNDING:
        raise UsageError(
            f"fast sampling goes through signal levels from {level.max():.4f} to {level.min():.4f}, but the network "
            f"was trained with {trained[0]:.4f} to {trained[-1]:.4f}; sample with --solver ddpm"
        )
    aligned: Table = np.interp(-level, -trained, np.arange(len(training), dtype=np.float64))
    return aligned
