"""The exponential moving average of a network's weights, with which samples are made."""

import contextlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from models.config import TrainingConfig


class EMA:
    """Keeps average <- d average + (1 - d) weights, in float32, one update for each step that changed the weights.

    d is `ema_decay`; with `ema_warmup`, min(ema_decay, (1 + n) / (10 + n)) at the n-th update from 0: the average of a
    short run then holds its last tenth or so, and not the initial weights. With `ema_ramp`, the half-life is at most
    that share of n: min(ema_decay, 0.5^(1 / (ema_ramp n))), as in StyleGAN2.

    Works on whatever tensors the network's parameters are, shards too. Frozen parameters and buffers are not averaged.

    Attributes:
        updates: how many there were.
    """

    def __init__(self, network: nn.Module, config: TrainingConfig) -> None:
        self._decay, self._warmup, self._ramp = config.ema_decay, config.ema_warmup, config.ema_ramp
        self._parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
        self.updates = 0
        self.reset()

    @property
    def decay(self) -> float:
        """d of the next update."""
        if self._warmup:
            return min(self._decay, (1 + self.updates) / (10 + self.updates))
        if self._ramp:
            half_life = self._ramp * self.updates
            return min(self._decay, 0.5 ** (1 / half_life)) if half_life else 0.0
        return self._decay

    def reset(self) -> None:
        """Makes the average equal to the weights."""
        self._average = [parameter.detach().clone().float() for parameter in self._parameters]

    def update(self) -> None:
        torch._foreach_lerp_(self._average, [p.detach().float() for p in self._parameters], 1 - self.decay)
        self.updates += 1

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """The network has the average as its weights while the block runs."""
        weights = [parameter.detach().clone() for parameter in self._parameters]
        self._put(self._average)
        try:
            yield
        finally:
            self._put(weights)

    def distance(self) -> float:
        """|average - weights| / |weights| over all parameters: far from 0 while the average lags behind."""
        lag = [average - p.detach() for average, p in zip(self._average, self._parameters, strict=True)]
        return _norm(lag) / max(_norm([p.detach() for p in self._parameters]), 1e-12)

    @torch.no_grad()
    def _put(self, values: Sequence[Tensor]) -> None:
        for parameter, value in zip(self._parameters, values, strict=True):
            parameter.copy_(value)


def _norm(tensors: Sequence[Tensor]) -> float:
    norm = torch.nn.utils.get_total_norm(tensors)
    return float(norm.full_tensor() if hasattr(norm, "full_tensor") else norm)  # of shards: a sum over processes
