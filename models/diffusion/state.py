"""What is diffused: a tuple of tensors, one per modality, that share one noise level and are moved together."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

State = tuple[Tensor, ...]
"""One tensor per modality, each (B, ...): video (B, C, T, H, W) and audio (B, C, S); one of them; or images."""

Denoiser = Callable[[State, Tensor], State]
"""(state, timesteps (B,), integer or float) -> predicted noise of the state's shapes."""

NoiseSource = Callable[[int], State]
"""Step number k, 0 for the first step taken -> standard normal noise of the state's shapes."""

OnStep = Callable[[int, int], None]
"""Called after each step with (steps done, steps in all)."""

Coefficient = float | NDArray[np.float64]
"""One number for the whole batch, or (B,)."""


def combine(*terms: tuple[Coefficient, State]) -> State:
    """Sum of coefficient times state, in the states' dtype. All modalities get the same coefficients."""
    coefficients = [coefficient for coefficient, _ in terms]
    modalities = zip(*(state for _, state in terms), strict=True)
    return tuple(_weighted_sum(coefficients, tensors) for tensors in modalities)


def timesteps_of(timesteps: float | NDArray[np.generic], state: State) -> Tensor:
    """(B,) on the state's device: int64 if `timesteps`, one number or (B,), are integers, else float32."""
    values = np.broadcast_to(timesteps, len(state[0]))
    dtype = torch.int64 if np.issubdtype(values.dtype, np.integer) else torch.float32
    return torch.tensor(values, dtype=dtype, device=state[0].device)


def per_sample(values: NDArray[np.float64] | Tensor, like: Tensor) -> Tensor:
    """`values` (B,) in the dtype and on the device of `like` (B, ...), shaped to multiply it."""
    return torch.as_tensor(values).to(like.device, like.dtype).reshape(-1, *[1] * (like.ndim - 1))


def _weighted_sum(coefficients: list[Coefficient], tensors: tuple[Tensor, ...]) -> Tensor:
    total = torch.zeros_like(tensors[0])
    for coefficient, tensor in zip(coefficients, tensors, strict=True):
        weight = coefficient if isinstance(coefficient, float) else per_sample(coefficient, total)
        total = total + weight * tensor
    return total
