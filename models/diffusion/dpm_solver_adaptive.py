"""Adaptive DPM-Solver++: steps as long as two orders agree."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avbench.errors import DataError
from models.diffusion.continuous import ContinuousSchedule, Times
from models.diffusion.dpm_solver_pp import estimate_clean_at, move, threshold
from models.diffusion.schedule import Schedule
from models.diffusion.state import Denoiser, OnStep, PerSample, State, per_sample

# The published settings.
_FIRST_STEP = 0.05  # in log-SNR
_ABSOLUTE, _RELATIVE = 0.0078, 0.05  # tolerances
_SAFETY = 0.9
_TIME_TOLERANCE = 1e-5

_PROGRESS = 1000


@torch.no_grad()
def sample_dpm_solver_adaptive(
    denoiser: Denoiser,
    initial: State,
    schedule: Schedule,
    *,
    as_published: bool = False,
    on_step: OnStep | None = None,
) -> State:
    """Samples by singlestep DPM-Solver++ of order 2, whose steps follow the difference to order 1.

    Two evaluations a try. Estimates of the clean state are thresholded; the denoiser is told times without their
    fraction; the noise of the last step (std 0.01) is not removed.

    Every sample has steps of its own, so that it does not depend on its batch. The batch runs until its last
    sample is done. The tolerances are the published ones and loose: where both orders err alike, as on normally
    distributed data, steps get far too long.

    Args:
        initial: standard normal noise.
        schedule: not respaced.
        as_published: one step for the whole batch, as its worst sample needs it.
        on_step: gets thousandths of the log-SNR covered, since the number of steps is not known.

    Raises:
        DataError: a prediction is not finite, so that no step is short enough.
        UsageError: the schedule is respaced.

    Source: Lu et al. 2022, "DPM-Solver", app. C and algorithm 3, with the updates of "DPM-Solver++", algorithm 1.
    """
    times = ContinuousSchedule(schedule)
    first, last = float(times.log_snr(1.0)), float(times.log_snr(times.end))
    s = np.ones(len(initial[0]))
    h = np.full_like(s, _FIRST_STEP)
    state = previous = initial
    while (running := s - times.end > _TIME_TOLERANCE).any():
        t = times.time_at(times.log_snr(s) + np.where(running, h, 0))
        lower, higher = _proposals(denoiser, state, s, t, times)
        error = _errors(lower, higher, previous)
        if not np.isfinite(error).all():
            raise DataError("the network predicts values that are not finite: its weights are broken, or the clips are")
        if as_published:
            error = np.full_like(error, error.max())
        accepted = running & (error <= 1)
        state = _where(accepted, higher, state)
        previous = _where(accepted, lower, previous)
        s = np.where(accepted, t, s)
        # An error of 0 allows any step; the division only has to survive it.
        h = np.minimum(_SAFETY * h / np.sqrt(np.maximum(error, 1e-12)), last - times.log_snr(s))
        if on_step:
            covered = (times.log_snr(s).min() - first) / (last - first)
            on_step(round(_PROGRESS * covered), _PROGRESS)
    return state


def _proposals(denoiser: Denoiser, x: State, s: Times, t: Times, times: ContinuousSchedule) -> tuple[State, State]:
    """States at t by order 1 and by order 2, which share their first evaluation. Inner node: halfway in log-SNR."""

    def predict(state: State, time: PerSample) -> State:
        return threshold(estimate_clean_at(denoiser, state, time, times.truncated_timestep(time), times))

    s1 = times.time_at((times.log_snr(s) + times.log_snr(t)) / 2)
    clean = predict(x, s)
    clean1 = predict(move(x, clean, s, s1, times), s1)
    # Order 2 with r1 = 1/2 is order 1 with the clean state seen at the inner node.
    return move(x, clean, s, t, times), move(x, clean1, s, t, times)


def _errors(lower: State, higher: State, previous: State) -> NDArray[np.float64]:
    """(B,): RMS difference in units of the tolerance, of the worse modality; up to 1 is accepted."""

    def rms(lower: Tensor, higher: Tensor, previous: Tensor) -> Tensor:
        tolerance = (_RELATIVE * torch.maximum(lower.abs(), previous.abs())).clamp(min=_ABSOLUTE)
        return ((higher - lower) / tolerance).flatten(1).square().mean(1).sqrt()

    errors = [rms(*tensors) for tensors in zip(lower, higher, previous, strict=True)]
    return np.asarray(torch.stack(errors).amax(0).double().cpu().numpy())


def _where(chosen: NDArray[np.bool_], yes: State, no: State) -> State:
    return tuple(torch.where(per_sample(chosen, a), a, b) for a, b in zip(yes, no, strict=True))
