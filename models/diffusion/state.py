"""What is diffused: a tuple of tensors, one per modality, that share one noise level and are moved together."""

from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

State = tuple[Tensor, ...]
"""One tensor per modality, each (B, ...): video (B, C, T, H, W) and audio (B, C, S); one of them; or images."""

Denoiser = Callable[[State, Tensor], State]
"""(state, timesteps (B,), int64 or float32) -> predicted noise of the state's shapes."""

NoiseSource = Callable[[int], State]
"""Step number k, 0 for the first step taken -> standard normal noise of the state's shapes."""

OnStep = Callable[[int, int], None]
"""Called after each step with (steps done, steps in all)."""

PerSample = float | NDArray[np.float64]
"""One number for the whole batch, or one for each sample: (B,)."""

Timesteps = int | NDArray[np.int64] | PerSample
"""The network's timesteps, one for the whole batch or (B,), with their fraction if they are not integers."""


def predict_noise(denoiser: Denoiser, state: State, timesteps: Timesteps) -> State:
    """The noise in `state`, in the state's dtype, also where the network computes in another."""
    values = np.broadcast_to(timesteps, len(state[0]))
    dtype = torch.int64 if np.issubdtype(values.dtype, np.integer) else torch.float32
    predicted = denoiser(state, torch.tensor(values, dtype=dtype, device=state[0].device))
    return tuple(noise.to(noisy.dtype) for noise, noisy in zip(predicted, state, strict=True))


def combine(*terms: tuple[PerSample, State]) -> State:
    """Sum of coefficient times state. All modalities get the same coefficients."""
    coefficients = [coefficient for coefficient, _ in terms]
    modalities = zip(*(state for _, state in terms), strict=True)
    return tuple(_weighted_sum(coefficients, tensors) for tensors in modalities)


def per_sample(values: NDArray[np.generic] | Tensor, like: Tensor) -> Tensor:
    """`values` (B,), shaped and placed to multiply `like` (B, ...); floating-point ones in its dtype."""
    tensor = torch.as_tensor(values)
    dtype = like.dtype if tensor.is_floating_point() else tensor.dtype
    return tensor.to(like.device, dtype).reshape(-1, *[1] * (like.ndim - 1))


def _weighted_sum(coefficients: Sequence[PerSample], tensors: Sequence[Tensor]) -> Tensor:
    def weighted(coefficient: PerSample, tensor: Tensor) -> Tensor:
        weight = float(coefficient) if np.ndim(coefficient) == 0 else per_sample(np.asarray(coefficient), tensor)
        return weight * tensor

    return reduce(torch.add, map(weighted, coefficients, tensors))
