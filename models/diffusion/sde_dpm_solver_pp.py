"""SDE-DPM-Solver++: new noise at every step, which lets later steps mend the errors of earlier ones, as in DDPM."""

import numpy as np
import torch

from avbench.errors import UsageError
from models.diffusion.continuous import ContinuousSchedule
from models.diffusion.dpm_solver_pp import estimate_clean_at, extrapolate, threshold
from models.diffusion.schedule import Schedule
from models.diffusion.state import Denoiser, NoiseSource, OnStep, State, combine


@torch.no_grad()
def sample_sde_dpm_solver_pp(
    denoiser: Denoiser,
    initial: State,
    noise: NoiseSource,
    schedule: Schedule,
    *,
    evaluations: int = 50,
    on_step: OnStep | None = None,
) -> State:
    """Samples by multistep SDE-DPM-Solver++ of order 2 from t = 1 to t = 1 / T, evenly spaced in log-SNR.

    Each step is one evaluation and extrapolates from the one before; the last one gives the clean state as seen at
    1 / T. Estimates of the clean state are thresholded, and the denoiser is told exact times, both as in
    `sample_dpm_solver_pp`.

    Args:
        initial: standard normal noise.
        noise: for all steps but the last, which adds none.
        schedule: not respaced.
        evaluations: of the denoiser; as many steps.

    Raises:
        UsageError: fewer than 2 evaluations, or the schedule is respaced.

    Source: Lu et al. 2022, "DPM-Solver++", SDE-DPM-Solver++(2M).
    """
    if evaluations < 2:
        raise UsageError(f"SDE-DPM-Solver++ needs at least 2 evaluations, not {evaluations}")
    times = ContinuousSchedule(schedule)
    grid = times.log_snr_grid(evaluations - 1)
    steps = np.diff(times.log_snr(grid))

    def predict(state: State, t: float) -> State:
        return threshold(estimate_clean_at(denoiser, state, t, times.timestep(t), times))

    state, before = initial, None
    for k, h in enumerate(steps):
        s, t = float(grid[k]), float(grid[k + 1])
        clean = predict(state, s)
        ahead = clean if before is None else extrapolate(clean, before, h / steps[k - 1])
        state = combine(
            (times.sigma(t) / times.sigma(s) * np.exp(-h), state),
            (-times.alpha(t) * np.expm1(-2 * h), ahead),
            (times.sigma(t) * np.sqrt(-np.expm1(-2 * h)), noise(k)),
        )
        before = clean
        if on_step:
            on_step(k + 1, evaluations)
    state = predict(state, float(grid[-1]))
    if on_step:
        on_step(evaluations, evaluations)
    return state
