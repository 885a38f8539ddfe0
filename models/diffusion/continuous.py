"""The schedule as a function of continuous time, as DPM-Solver needs it."""

import numpy as np
from numpy.typing import NDArray

from avbench.errors import UsageError
from models.diffusion.schedule import Schedule
from models.diffusion.state import PerSample

Times = NDArray[np.float64]


class ContinuousSchedule:
    """x_t = alpha(t) x_0 + sigma(t) noise for t in [1 / T, 1]; step n of the T steps stands at t = (n + 1) / T.

    Between the steps log alpha is linear in t. Takes and returns float64, one number or (B,).

    Raises:
        UsageError: the schedule is respaced; a solver in continuous time chooses its own times.

    Source: Lu et al. 2022, "DPM-Solver", app. D.2 (sampling from discrete-time models).
    """

    def __init__(self, schedule: Schedule) -> None:
        if schedule.is_respaced:
            raise UsageError("DPM-Solver chooses its own times: give it the full schedule and a number of evaluations")
        self._steps = len(schedule)
        self._times = np.arange(1, self._steps + 1) / self._steps
        # Rounded to float32 as in the published runs: that moves log alpha at the last step by 2e-4 of itself.
        self._log_alphas = 0.5 * np.log(schedule.alpha_bar.astype(np.float32).astype(np.float64))

    @property
    def end(self) -> float:
        """The time of the least noisy step, where sampling ends."""
        return 1 / self._steps

    def alpha(self, t: PerSample) -> Times:
        return np.asarray(np.exp(self._log_alpha(t)))

    def sigma(self, t: PerSample) -> Times:
        return np.asarray(np.sqrt(-np.expm1(2 * self._log_alpha(t))))

    def log_snr(self, t: PerSample) -> Times:
        """lambda(t) = log(alpha / sigma), half the logarithm of the signal-to-noise ratio; falls with t."""
        return np.asarray(self._log_alpha(t) - np.log(self.sigma(t)))

    def time_at(self, log_snr: PerSample) -> Times:
        """The inverse of `log_snr`."""
        log_alpha = -0.5 * np.logaddexp(0.0, -2 * np.asarray(log_snr))
        return np.asarray(np.interp(log_alpha, self._log_alphas[::-1], self._times[::-1]))

    def log_snr_grid(self, intervals: int) -> Times:
        """`intervals` + 1 times from 1 to `end`, evenly spaced in `log_snr`."""
        ends = self.log_snr(np.array([1.0, self.end]))
        grid = self.time_at(np.linspace(ends[0], ends[1], intervals + 1))
        grid[0], grid[-1] = 1.0, self.end  # the rounding error of the inverse must not move step 999 to 998
        return grid

    def timestep(self, t: PerSample) -> Times:
        """What the network is told at time t: 0 to T - 1, with its fraction."""
        return np.asarray((np.asarray(t) - self.end) * self._steps)

    def truncated_timestep(self, t: PerSample) -> NDArray[np.int64]:
        """`timestep` without its fraction, as published, though the state has the noise of the exact time."""
        return np.asarray(self.timestep(t).astype(np.int64))

    def _log_alpha(self, t: PerSample) -> Times:
        return np.asarray(np.interp(t, self._times, self._log_alphas))
