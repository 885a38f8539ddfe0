"""The noise schedule: how much noise there is at each timestep, and which timesteps a sampler visits."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from avbench.errors import UsageError

Table = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Schedule:
    """A discrete noise schedule: x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t) noise.

    All tables are float64, (T,), indexed by step, 0 the least noisy.

    Attributes:
        betas: variance that step t adds.
        timesteps: int64; what the network is told at each step. After respacing these are no longer 0 .. T-1.

    Source: Ho et al. 2020, "Denoising Diffusion Probabilistic Models", sec. 2 and 3.
    """

    betas: Table
    timesteps: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.betas)

    @cached_property
    def alpha_bar(self) -> Table:
        """Share of the signal's variance that is left at step t."""
        return np.asarray(np.cumprod(1 - self.betas))

    @cached_property
    def alpha_bar_before(self) -> Table:
        """`alpha_bar` of step t - 1; 1 before step 0."""
        return np.append(1.0, self.alpha_bar[:-1])

    @cached_property
    def log_snr(self) -> Table:
        """Logarithm of the signal's variance over the noise's at step t; it falls from step to step."""
        return np.asarray(np.log(self.alpha_bar) - np.log1p(-self.alpha_bar))

    @cached_property
    def posterior_clean_weight(self) -> Table:
        """Weight of x_0 in the mean of q(x_{t-1} | x_t, x_0). Ho et al. 2020, eq. 7."""
        return self.betas * np.sqrt(self.alpha_bar_before) / (1 - self.alpha_bar)

    @cached_property
    def posterior_noisy_weight(self) -> Table:
        """Weight of x_t in the mean of q(x_{t-1} | x_t, x_0). Ho et al. 2020, eq. 7."""
        return (1 - self.alpha_bar_before) * np.sqrt(1 - self.betas) / (1 - self.alpha_bar)

    @cached_property
    def posterior_variance(self) -> Table:
        """Variance of q(x_{t-1} | x_t, x_0); 0 at step 0. Ho et al. 2020, eq. 7."""
        return self.betas * (1 - self.alpha_bar_before) / (1 - self.alpha_bar)

    @cached_property
    def posterior_log_variance(self) -> Table:
        """Log of `posterior_variance`, at step 0 that of step 1, since there it is the log of 0."""
        return np.asarray(np.log(np.append(self.posterior_variance[1], self.posterior_variance[1:])))

    @cached_property
    def large_log_variance(self) -> Table:
        """Log of beta_t, at step 0 that of the posterior's variance at step 1: the "fixed large" reverse variance."""
        return np.asarray(np.log(np.append(self.posterior_variance[1], self.betas[1:])))

    @property
    def is_respaced(self) -> bool:
        """Whether the network's timesteps are others than the steps' own numbers."""
        return not np.array_equal(self.timesteps, np.arange(len(self)))

    def alpha_bar_at(self, timesteps: Table) -> Table:
        """`alpha_bar` at the network's timesteps; between those of the schedule, log alpha_bar is linear."""
        return np.asarray(np.exp(np.interp(timesteps, self.timesteps, np.log(self.alpha_bar))))

    def respaced(self, spacing: str) -> "Schedule":
        """The schedule that visits fewer of the steps; at those, `alpha_bar` stays as it is.

        Args:
            spacing: "ddimN": N steps from 0 upwards with the smallest whole stride that gives exactly N.
                "n": n steps, evenly spaced and rounded, both ends included. "n1,n2,...": the same in each of
                equal sections, the least noisy first.

        Raises:
            UsageError: no such spacing, or the schedule has too few steps for it.

        Source: Nichol and Dhariwal 2021, "Improved Denoising Diffusion Probabilistic Models", sec. 4.
        """
        kept = _kept_steps(spacing, len(self))
        if len(kept) < 2:
            raise UsageError(f"respacing {spacing!r} leaves one step; at least 2 are needed")
        alpha_bar = self.alpha_bar[kept]
        betas = 1 - alpha_bar / np.append(1.0, alpha_bar[:-1])
        return Schedule(betas=betas, timesteps=self.timesteps[kept])


def linear_schedule(steps: int = 1000) -> Schedule:
    """Betas rising linearly from 1e-4 to 0.02 for 1000 steps; both ends times 1000 / steps for others."""
    scale = 1000 / steps
    betas = np.linspace(1e-4 * scale, 0.02 * scale, steps, dtype=np.float64)
    return Schedule(betas=betas, timesteps=np.arange(steps))


def _kept_steps(spacing: str, steps: int) -> list[int]:
    if spacing.startswith("ddim"):
        return _strided(_count(spacing.removeprefix("ddim"), spacing), steps)
    counts = [_count(part, spacing) for part in spacing.split(",")]
    share, rest = divmod(steps, len(counts))
    kept, start = [], 0
    for section, count in enumerate(counts):
        size = share + (section < rest)
        if count > size:
            raise UsageError(f"respacing {spacing!r} wants {count} steps of a section that has {size}")
        kept += [start + offset for offset in _evenly_spaced(count, size)]
        start += size
    return kept


def _strided(count: int, steps: int) -> list[int]:
    for stride in range(1, steps):
        if len(range(0, steps, stride)) == count:
            return list(range(0, steps, stride))
    raise UsageError(f"no whole stride takes exactly {count} of {steps} steps; use respacing '{count}' instead")


def _evenly_spaced(count: int, size: int) -> list[int]:
    stride = (size - 1) / max(count - 1, 1)
    offsets, position = [], 0.0
    for _ in range(count):
        # Summed up, not multiplied: where a position is halfway between two steps, the published code's
        # choice hangs on the rounding error of the sum.
        offsets.append(round(position))
        position += stride
    return offsets


def _count(text: str, spacing: str) -> int:
    if not (text.strip().isdecimal() and int(text) > 0):
        raise UsageError(f"respacing {spacing!r} is none of 'ddimN', 'n' and 'n1,n2,...', numbers of steps from 1 up")
    return int(text)
