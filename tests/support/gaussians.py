"""Data whose denoiser and samples are known exactly: normally distributed ones."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from models.diffusion.continuous import ContinuousSchedule
from models.diffusion.schedule import linear_schedule
from models.diffusion.state import State, per_sample

SCHEDULE = linear_schedule()
TIMES = ContinuousSchedule(SCHEDULE)


class Gaussian:
    """Independent elements of mean `mean` and standard deviation `std`, in every modality."""

    def __init__(self, mean: float, std: float) -> None:
        self.mean, self.std = mean, std

    def noise_at(self, state: State, t: float | np.ndarray) -> State:
        """The noise expected in `state` at continuous time t."""
        alpha, sigma = TIMES.alpha(t), TIMES.sigma(t)
        gain = sigma / (alpha**2 * self.std**2 + sigma**2)
        return tuple(per_sample(gain, x) * (x - self.mean * per_sample(alpha, x)) for x in state)

    def denoiser(self, state: State, timesteps: Tensor) -> State:
        return self.noise_at(state, (timesteps.double().numpy() + 1) / len(SCHEDULE))

    def flow(self, x: Tensor) -> Tensor:
        """Where the probability flow takes `x` from t = 1 to the last step."""
        (alpha_1, spread_1), (alpha_0, spread_0) = ((TIMES.alpha(t), self._spread(t)) for t in (1.0, TIMES.end))
        return float(alpha_0 * self.mean) + float(spread_0 / spread_1) * (x - float(alpha_1 * self.mean))

    def _spread(self, t: float) -> float:
        return float(np.sqrt(TIMES.alpha(t) ** 2 * self.std**2 + TIMES.sigma(t) ** 2))


class CorrelatedPair:
    """Two modalities of mean 0, whose elements are correlated one by one."""

    def __init__(self, std: float, correlation: float) -> None:
        covariance = std**2 * torch.tensor([[1, correlation], [correlation, 1]])
        self._variances, self._axes = torch.linalg.eigh(covariance)

    def denoiser(self, state: State, timesteps: Tensor) -> State:
        alpha_bar = torch.from_numpy(SCHEDULE.alpha_bar_at(timesteps.double().numpy())).float()[:, None, None]
        along_axes = torch.stack(state, dim=-1) @ self._axes  # (B, D, 2)
        noise = (1 - alpha_bar).sqrt() * along_axes / (alpha_bar * self._variances + 1 - alpha_bar)
        first, second = (noise @ self._axes.T).unbind(-1)
        return first, second


def drawn(members: Sequence[int], shapes: Sequence[tuple[int, ...]]) -> Callable[[int], State]:
    """Noise by step, float32, of the given shapes per sample; that of a sample depends on its number alone."""

    def noise(k: int) -> State:
        def tensor(modality: int, shape: tuple[int, ...]) -> Tensor:
            samples = [np.random.default_rng([member, k, modality]).standard_normal(shape) for member in members]
            return torch.from_numpy(np.stack(samples)).float()

        return tuple(tensor(modality, shape) for modality, shape in enumerate(shapes))

    return noise
