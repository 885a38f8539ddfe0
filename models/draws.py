"""The randomness of a batch: every member has its own streams, so that batch size, ranks and order change nothing."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from avbench.seeds import stream


class Draws:
    """Random numbers for the members of a batch.

    Args:
        seed: the run's seed.
        scope: what the numbers are for, for example ("train", step).
        members: numbers of the samples, unique in the scope.
        device: where tensors go. They are drawn on the CPU, so that every device gets the same.
    """

    def __init__(
        self, seed: int, *scope: str | int, members: Sequence[int], device: torch.device | str = "cpu"
    ) -> None:
        self._seed = seed
        self._scope = scope
        self.members = tuple(members)
        self._device = device

    def normal(self, *name: str | int, shape: Sequence[int]) -> Tensor:
        """Standard normal (B, *shape), float32."""
        drawn = [self._member(member, name).standard_normal(tuple(shape), np.float32) for member in self.members]
        return torch.from_numpy(np.stack(drawn)).to(self._device)

    def uniform(self, *name: str | int, shape: Sequence[int]) -> Tensor:
        """Uniform in [0, 1): (B, *shape), float32."""
        drawn = [self._member(member, name).random(tuple(shape), np.float32) for member in self.members]
        return torch.from_numpy(np.stack(drawn)).to(self._device)

    def integers(self, *name: str | int, high: int) -> Tensor:
        """Uniform in [0, high): (B,), int64."""
        drawn = [int(self._member(member, name).integers(high)) for member in self.members]
        return torch.tensor(drawn, device=self._device)

    def shared(self, *name: str | int) -> np.random.Generator:
        """A generator that is alike for all batches and ranks of the scope."""
        return stream(self._seed, *self._scope, "shared", *name)

    def _member(self, member: int, name: tuple[str | int, ...]) -> np.random.Generator:
        return stream(self._seed, *self._scope, "member", member, *name)
