"""Conditioning as the published scripts do it, to get their numbers. `conditioning` is what the paper describes."""

import numpy as np
import torch

from models.diffusion.conditioning import Given
from models.diffusion.ddpm import ddpm_process
from models.diffusion.reverse import ReverseProcess, estimate_clean
from models.diffusion.schedule import Schedule
from models.diffusion.state import Denoiser, NoiseSource, OnStep, State, combine

FP16_LOSS_SCALE = 2.0**20
"""The published scripts run in half precision, multiply the loss by this, and never divide the gradient by it."""


def sample_conditional_as_published(
    denoiser: Denoiser,
    initial: State,
    noise: NoiseSource,
    schedule: Schedule,
    given: Given,
    *,
    scale: float = 3.0,
    loss_scale: float = FP16_LOSS_SCALE,
    on_step: OnStep | None = None,
) -> State:
    """Samples the whole state by DDPM with the published replacement (scale 0) or gradient guidance.

    Guidance departs from the paper's Eq. 10-12: the factor is sqrt(alpha_bar) of the level before the step instead of
    sqrt(1 - alpha_bar); the gradient is by the network's input; the distance is a mean over elements and over the
    batch, so that guidance weakens with the batch size; its gradient is multiplied by `loss_scale`; and what is
    compared with v^_t is a sample of v_t, noise included. In units of a sum of squares, the scripts' scale of 3 with
    their loss scale is about 16 / B for a given video of 16x3x64x64, 123 / B for a given sound of 25,600 samples.

    Args:
        initial: standard normal noise of the generated modalities.
        noise: of the whole state.
        loss_scale: 1 for what the scripts do in full precision.

    Returns:
        The whole state. As published, the given modality is not its clean value: with replacement it is the
        network's own last step, with guidance the clean value with the noise of step 0.
    """
    process = ddpm_process(schedule)
    generated, steps = initial, len(schedule)
    for i in reversed(range(steps)):
        if scale == 0:
            with torch.no_grad():
                state = _ancestral_step(denoiser, _hold(given, generated, process, i), noise, process, i)
        else:
            state = _guided_step(denoiser, generated, noise, process, given, i, scale=scale * loss_scale)
        generated = given.leave_out(state)
        if on_step:
            on_step(steps - i, steps)
    return state


def _guided_step(
    denoiser: Denoiser,
    generated: State,
    noise: NoiseSource,
    process: ReverseProcess,
    given: Given,
    i: int,
    *,
    scale: float,
) -> State:
    with torch.enable_grad():
        generated = tuple(tensor.detach().requires_grad_() for tensor in generated)
        noisy = _hold(given, generated, process, i)
        result = _ancestral_step(denoiser, noisy, noise, process, i)
        target = given.at(float(process.schedule.alpha_bar_before[i]))
        distance = (result[given.index] - target).square().mean()
        gradient = torch.autograd.grad(distance, generated)
    # The last step is not guided.
    weight = scale * float(np.sqrt(process.schedule.alpha_bar[i])) if i > 0 else 0.0
    moved = combine((1.0, tuple(tensor.detach() for tensor in given.leave_out(result))), (-weight, gradient))
    return given.insert(noisy[given.index], moved)


def _hold(given: Given, generated: State, process: ReverseProcess, i: int) -> State:
    return given.insert(given.at(float(process.schedule.alpha_bar[i])), generated)


def _ancestral_step(denoiser: Denoiser, noisy: State, noise: NoiseSource, process: ReverseProcess, i: int) -> State:
    clean = estimate_clean(denoiser, noisy, i, process.schedule, clip=True)
    return process.add_noise(process.mean(clean, noisy, i), noise, i)
