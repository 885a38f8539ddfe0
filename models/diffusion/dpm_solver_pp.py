"""DPM-Solver++: the solver in terms of the clean state, which can be kept in range at every step."""

from collections.abc import Callable

import numpy as np
import torch

from avbench.errors import UsageError
from models.diffusion.continuous import ContinuousSchedule
from models.diffusion.schedule import Schedule
from models.diffusion.state import Denoiser, OnStep, PerSample, State, Timesteps, combine, per_sample, predict_noise

PredictClean = Callable[[State, PerSample], State]
"""(state, continuous time) -> the clean state as seen in it."""

_QUANTILE = 0.995


@torch.no_grad()
def sample_dpm_solver_pp(
    denoiser: Denoiser,
    initial: State,
    schedule: Schedule,
    *,
    evaluations: int = 20,
    on_step: OnStep | None = None,
) -> State:
    """Samples by multistep DPM-Solver++ of order 2 from t = 1 to t = 1 / T, evenly spaced in log-SNR.

    Each step is one evaluation and extrapolates from the one before. Estimates of the clean state are thresholded.
    The denoiser is told exact times, with their fraction: unlike in `sample_dpm_solver`, no published run asks for
    less. Deterministic. The noise of the last step (std 0.01) is not removed.

    Args:
        initial: standard normal noise.
        schedule: not respaced.
        evaluations: of the denoiser; as many steps.

    Raises:
        UsageError: no evaluation, or the schedule is respaced.

    Source: Lu et al. 2022, "DPM-Solver++", algorithm 2.
    """
    if evaluations < 1:
        raise UsageError(f"DPM-Solver++ needs at least 1 evaluation, not {evaluations}")
    times = ContinuousSchedule(schedule)

    def predict(state: State, t: PerSample) -> State:
        return threshold(estimate_clean_at(denoiser, state, t, times.timestep(t), times))

    grid = times.log_snr_grid(evaluations)
    log_snr = times.log_snr(grid)
    state, before = initial, None
    for k in range(evaluations):
        s, t, h = float(grid[k]), float(grid[k + 1]), float(log_snr[k + 1] - log_snr[k])
        clean = predict(state, s)
        ahead = clean if before is None else extrapolate(clean, before, h / float(log_snr[k] - log_snr[k - 1]))
        state, before = move(state, ahead, s, t, times), clean
        if on_step:
            on_step(k + 1, evaluations)
    return state


def extrapolate(clean: State, before: State, ratio: PerSample) -> State:
    """The clean state in the middle of a step, from those as seen at its start and at the start of the step before.

    Args:
        ratio: of this step's length in log-SNR to that of the step before.
    """
    return combine((1 + ratio / 2, clean), (-ratio / 2, before))


def move(x: State, clean: State, s: PerSample, t: PerSample, times: ContinuousSchedule) -> State:
    """The state at t if the clean state stayed as seen at s. Lu et al. 2022, "DPM-Solver++", eq. 3.7 of order 1."""
    # alpha_t (1 - e^-h) with e^-h = (sigma_t alpha_s) / (sigma_s alpha_t), h the step in log-SNR.
    ratio = times.sigma(t) / times.sigma(s)
    h = times.log_snr(t) - times.log_snr(s)
    return combine((ratio, x), (-times.alpha(t) * np.expm1(-h), clean))


def estimate_clean_at(
    denoiser: Denoiser, noisy: State, t: PerSample, timestep: Timesteps, times: ContinuousSchedule
) -> State:
    """The clean state as the denoiser sees it at continuous time `t`, when told `timestep`."""
    predicted = predict_noise(denoiser, noisy, timestep)
    return combine((1 / times.alpha(t), noisy), (-times.sigma(t) / times.alpha(t), predicted))


def threshold(clean: State) -> State:
    """Keep the clean state in [-1, 1] without pressing much of it against the ends.

    For each sample and modality: s = the 99.5 % quantile of absolute values, at least 1; limit to ±s and divide by s.
    Source: Saharia et al. 2022, "Imagen", sec. 2.3 (dynamic thresholding).
    """

    def limited(clean: torch.Tensor) -> torch.Tensor:
        # Sample by sample: torch.quantile takes at most 2^24 numbers.
        quantiles = torch.stack([sample.abs().float().flatten().quantile(_QUANTILE) for sample in clean])
        s = per_sample(quantiles.clamp(min=1), clean)
        return clean.clamp(-s, s) / s

    return tuple(limited(tensor) for tensor in clean)
