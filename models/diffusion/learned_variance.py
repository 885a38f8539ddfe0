"""The variance of the reverse process, learned: networks that predict noise and variance, and the loss for both.

Such a network returns twice its input's channels: the noise, and for every element a number v that says where the log
variance lies between its bounds, from v = -1 for the posterior's to v = 1 for beta_t.

Source: Nichol and Dhariwal 2021, "Improved Denoising Diffusion Probabilistic Models", section 3.1.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.diffusion.objective import diffuse
from models.diffusion.schedule import Schedule, Table
from models.diffusion.state import Denoiser, State, per_sample

NoiseAndVariance = Callable[[Tensor, Tensor], Tensor]
"""(state (B, C, ...), timesteps (B,)) -> (B, 2C, ...): predicted noise, then v."""

_LEVEL = 2 / 255  # distance of two 8-bit levels in [-1, 1]
_EDGE = 0.999  # beyond it lie the lowest and the highest level, whose bins are open
_LEAST_PROBABILITY = 1e-12


@dataclass(frozen=True, slots=True)
class HybridLosses:
    """Losses of a batch, each (B,); their sum is the hybrid loss L_simple + L_vlb of each sample."""

    mse: Tensor  # mean over elements of (noise - predicted noise)^2
    variational: Tensor  # bits per dimension; only the variance gets a gradient from it


def hybrid_losses(
    network: NoiseAndVariance, clean: Tensor, noise: Tensor, t: Tensor, schedule: Schedule
) -> HybridLosses:
    """Both losses of one noisy state.

    Args:
        network: predicts noise and variance.
        clean: (B, C, ...) in [-1, 1], 8-bit levels as v / 127.5 - 1.
        noise: standard normal, of the same shape.
        t: (B,) int64, steps of `schedule`.
    """
    (noisy,) = diffuse((clean,), (noise,), t, schedule)
    timesteps = torch.from_numpy(schedule.timesteps).to(t.device)[t]
    predicted, v = network(noisy, timesteps).float().chunk(2, dim=1)
    mse = _mean((noise - predicted) ** 2)
    # The mean path is detached: the variational term, noisy as it is, only teaches the variance.
    variational = _variational_bound(predicted.detach(), v, clean=clean, noisy=noisy, t=t, schedule=schedule)
    return HybridLosses(mse, variational)


def learned_log_variance(v: Tensor, t: Tensor, schedule: Schedule) -> Tensor:
    """Log variance of the reverse step, (B, ...) as `v`; the lower bound is the posterior's, at t = 0 that of t = 1.

    Source: Nichol and Dhariwal 2021, eq. 15.
    """
    at = _Coefficients(t, like=v)
    share = (v + 1) / 2
    return share * at(np.log(schedule.betas)) + (1 - share) * at(schedule.posterior_log_variance)


def noise_only(network: NoiseAndVariance) -> Denoiser:
    """The network as samplers with a variance of their own want it: a denoiser of one modality."""

    def denoiser(state: State, timesteps: Tensor) -> State:
        (noisy,) = state
        return (network(noisy, timesteps)[:, : noisy.shape[1]],)

    return denoiser


def _variational_bound(
    predicted: Tensor, v: Tensor, *, clean: Tensor, noisy: Tensor, t: Tensor, schedule: Schedule
) -> Tensor:
    """One term of the variational bound, (B,), in bits per dimension.

    For t > 0 the divergence of the true posterior q(x_{t-1} | x_t, x_0) from the model's reverse step, whose mean comes
    from the unclipped estimate of x_0; at t = 0 the negative log-likelihood of the 8-bit levels under that step.
    """
    at = _Coefficients(t, like=clean)
    estimate = (noisy - at((1 - schedule.alpha_bar) ** 0.5) * predicted) / at(schedule.alpha_bar**0.5)
    clean_weight, noisy_weight = at(schedule.posterior_clean_weight), at(schedule.posterior_noisy_weight)
    true_mean, mean = (clean_weight * x_0 + noisy_weight * noisy for x_0 in (clean, estimate))
    true_log_variance = at(schedule.posterior_log_variance)
    log_variance = learned_log_variance(v, t, schedule)
    divergence = _mean(_normal_divergence(true_mean, true_log_variance, mean, log_variance))
    unlikelihood = _mean(-_log_likelihood_of_levels(clean, mean, log_variance))
    return torch.where(t == 0, unlikelihood, divergence) / math.log(2)


def _normal_divergence(mean_1: Tensor, log_variance_1: Tensor, mean_2: Tensor, log_variance_2: Tensor) -> Tensor:
    """Kullback-Leibler divergence of N(mean_1, ...) from N(mean_2, ...), elementwise, in nats."""
    difference = log_variance_1 - log_variance_2
    return 0.5 * (difference.exp() - difference - 1 + (mean_1 - mean_2) ** 2 * (-log_variance_2).exp())


def _log_likelihood_of_levels(clean: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Log of a normal distribution's probability of the bin around each 8-bit level, elementwise, in nats.

    The bins of the lowest and highest level reach to infinity. Source: Ho et al. 2020, eq. 13.
    """
    deviation = (0.5 * log_variance).exp()
    below = _normal_cdf((clean - _LEVEL / 2 - mean) / deviation)
    above = _normal_cdf((clean + _LEVEL / 2 - mean) / deviation)
    below = torch.where(clean < -_EDGE, 0, below)
    above = torch.where(clean > _EDGE, 1, above)
    return (above - below).clamp(min=_LEAST_PROBABILITY).log()


def _normal_cdf(x: Tensor) -> Tensor:
    """Standard normal distribution function by its usual tanh approximation, as the published losses have it."""
    return 0.5 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


class _Coefficients:
    """Looks up tables of a schedule at `t`, in the dtype of `like` and shaped to multiply it."""

    def __init__(self, t: Tensor, like: Tensor) -> None:
        self._t = t.cpu().numpy()
        self._like = like

    def __call__(self, table: Table) -> Tensor:
        return per_sample(table[self._t], self._like)


def _mean(x: Tensor) -> Tensor:
    """(B, ...) -> (B,)."""
    return x.flatten(1).mean(dim=1)
