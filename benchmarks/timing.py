"""Fair timing on a machine that others use too: rivals take turns, and each is judged by its best and by its pairs."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Times:
    """Seconds of one call, round by round."""

    rounds: tuple[float, ...]

    @property
    def best(self) -> float:
        return min(self.rounds)

    def faster_than(self, rival: "Times") -> tuple[float, float]:
        """How many times as fast: by the best of each, and the median over rounds."""
        pairs = [theirs / own for theirs, own in zip(rival.rounds, self.rounds, strict=True)]
        return rival.best / self.best, statistics.median(pairs)


def take_turns(rivals: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Times]:
    """Times every rival once a round, after one call each to warm up."""
    for call in rivals.values():
        call()
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, call in rivals.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: Times(tuple(of_one)) for name, of_one in seconds.items()}


class PeakConvolution:
    """The convolution at which a machine's convolutions are fastest: many channels, no padding, weights that fit."""

    flop = 2 * 128 * 192 * 27 * 8 * 56 * 56

    def __init__(self) -> None:
        self._x = torch.randn(1, 128, 10, 58, 58).contiguous(memory_format=torch.channels_last_3d)
        self._weight = torch.randn(192, 128, 3, 3, 3).contiguous(memory_format=torch.channels_last_3d)

    @torch.inference_mode()
    def __call__(self) -> Tensor:
        return F.conv3d(self._x, self._weight)
