"""DPM-Solver: few evaluations, by integrating the noise's part exactly up to order 3 between log-SNR nodes.

The published code's first-order update moves audio by the coefficients of the other form of the solver. Its 20
evaluations of order 3 never take a first-order step, so nothing published depends on it; here all modalities get the
same coefficients.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch

from avbench.errors import UsageError
from models.diffusion.continuous import ContinuousSchedule, Times
from models.diffusion.schedule import Schedule
from models.diffusion.state import Denoiser, OnStep, State, combine, predict_noise

PredictNoise = Callable[[State, float], State]
"""(state, continuous time) -> the noise in it."""


def sample_dpm_solver(
    denoiser: Denoiser,
    initial: State,
    schedule: Schedule,
    *,
    evaluations: int = 20,
    order: int = 3,
    on_step: OnStep | None = None,
) -> State:
    """Samples by singlestep DPM-Solver from t = 1 to t = 1 / T, evenly spaced in log-SNR.

    The defaults are the published run. As there, the denoiser is told times without their fraction, and the noise
    of the last step (std 0.01) is not removed. Deterministic; nothing is clipped.

    Args:
        initial: standard normal noise.
        schedule: not respaced.
        evaluations: of the denoiser, in all.
        order: 1 to 3, the highest; the last steps are of a lower one where the evaluations ask for it.

    Raises:
        UsageError: no such order, no evaluation, or the schedule is respaced.

    Source: Lu et al. 2022, "DPM-Solver", algorithms 1 and 2 and app. D.
    """
    times = ContinuousSchedule(schedule)

    def predict(state: State, t: float) -> State:
        return predict_noise(denoiser, state, times.truncated_timestep(t))

    orders = singlestep_orders(evaluations, order)
    return integrate(predict, initial, times, times.log_snr_grid(evaluations), orders, on_step=on_step)


def singlestep_orders(evaluations: int, order: int) -> list[int]:
    """Orders of the steps, which add up to `evaluations`: `order` as often as possible, then the rest.

    With order 3 a multiple of 3 ends in orders 2 and 1 instead. Lu et al. 2022, "DPM-Solver", sec. 3.4.
    """
    if order not in _UPDATES:
        raise UsageError(f"DPM-Solver has orders 1, 2 and 3, not {order}")
    if evaluations < 1:
        raise UsageError(f"DPM-Solver needs at least 1 evaluation, not {evaluations}")
    full, rest = divmod(evaluations, order)
    if order == 3 and rest == 0:
        return [3] * (full - 1) + [2, 1]
    return [order] * full + [rest] * (rest > 0)


@torch.no_grad()
def integrate(
    predict: PredictNoise,
    initial: State,
    times: ContinuousSchedule,
    grid: Times,
    orders: Sequence[int],
    *,
    on_step: OnStep | None = None,
) -> State:
    """Steps of the given orders along `grid`; one of order k spans k of its intervals. Keeps no graph."""
    state, start = initial, 0
    for order in orders:
        nodes = [float(t) for t in grid[start : start + order + 1]]
        state = _UPDATES[order](predict, state, nodes, times)
        start += order
        if on_step:
            on_step(start, len(grid) - 1)
    return state


# In these, x is the state at s, t is where the step ends, h its length in log-SNR, and e_s the noise predicted at s.


def _first_order(predict: PredictNoise, x: State, nodes: list[float], times: ContinuousSchedule) -> State:
    s, t = nodes
    return _drift(x, predict(x, s), s, t, times)


def _second_order(predict: PredictNoise, x: State, nodes: list[float], times: ContinuousSchedule) -> State:
    s, s1, t = nodes
    h, r1 = _step(s, t, times), _step(s, s1, times) / _step(s, t, times)
    e_s = predict(x, s)
    e_s1 = predict(_drift(x, e_s, s, s1, times), s1)
    slope = _difference(e_s1, e_s)
    return combine((1.0, _drift(x, e_s, s, t, times)), (-times.sigma(t) * np.expm1(h) / (2 * r1), slope))


def _third_order(predict: PredictNoise, x: State, nodes: list[float], times: ContinuousSchedule) -> State:
    s, s1, s2, t = nodes
    h, h1, h2 = _step(s, t, times), _step(s, s1, times), _step(s, s2, times)
    e_s = predict(x, s)
    e_s1 = predict(_drift(x, e_s, s, s1, times), s1)
    slope1 = _difference(e_s1, e_s)
    x2 = combine((1.0, _drift(x, e_s, s, s2, times)), (-(h2 / h1) * times.sigma(s2) * _second_phi(h2), slope1))
    slope2 = _difference(predict(x2, s2), e_s)
    return combine((1.0, _drift(x, e_s, s, t, times)), (-(h / h2) * times.sigma(t) * _second_phi(h), slope2))


_UPDATES = {1: _first_order, 2: _second_order, 3: _third_order}


def _drift(x: State, e: State, s: float, t: float, times: ContinuousSchedule) -> State:
    """The state at t if the noise stayed as predicted at s: Lu et al. 2022, eq. 3.7."""
    return combine((times.alpha(t) / times.alpha(s), x), (-times.sigma(t) * np.expm1(_step(s, t, times)), e))


def _step(s: float, t: float, times: ContinuousSchedule) -> float:
    return float(times.log_snr(t) - times.log_snr(s))


def _difference(a: State, b: State) -> State:
    return combine((1.0, a), (-1.0, b))


def _second_phi(h: float) -> float:
    return float(np.expm1(h) / h - 1)
