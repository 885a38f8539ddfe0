"""Corruptions: known damage at rising strength, and the registry of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from torch import Tensor

from avbench.registry import Registry
from avbench.seeds import stream

# Picture (3, T, S, S) in [0, 1] or sound (1, S) in [-1, 1], strength, frames or samples a second, randomness
Damage = Callable[[Tensor, float, float, np.random.Generator], Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corruption:
    """One kind of damage to windows.

    With the same randomness, a higher strength adds to the damage of a lower one, so that a metric that sees it rises.
    """

    name: str
    modality: Literal["video", "audio"]  # what it changes
    strengths: tuple[float, ...]  # rising
    unit: str  # what a strength counts
    damage: Damage

    def at(self, strength: float, *, rate: float, seed: int) -> "Corrupted":
        """The corruption at one strength, for windows with `rate` frames or samples a second."""
        return Corrupted(self, strength, rate, seed)


@dataclass(frozen=True, slots=True)
class Corrupted:
    """A corruption as extraction takes it: a `Transform` whose randomness follows from the window's name alone."""

    corruption: Corruption
    strength: float
    rate: float
    seed: int

    @property
    def identity(self) -> str:
        return f"corruption={self.corruption.name} v{VERSION} strength={self.strength:g} seed={self.seed}"

    def __call__(self, window: Tensor, name: str) -> Tensor:
        # Not named after the strength: every strength draws the same noise, the same frames.
        randomness = stream(self.seed, "sanity", self.corruption.name, name)
        return self.corruption.damage(window, self.strength, self.rate, randomness)


VERSION = 1  # raised whenever a corruption changes, so that cached features of the old one are not taken

CORRUPTIONS: Registry[Corruption] = Registry("corruption", "avbench.sanity")


def corruption(
    name: str, *, modality: Literal["video", "audio"], strengths: tuple[float, ...], unit: str
) -> Callable[[Damage], Damage]:
    """Files a function as the corruption `name`.

    Raises:
        UsageError: the name is taken.
    """

    def add(damage: Damage) -> Damage:
        CORRUPTIONS.register(name)(
            Corruption(name=name, modality=modality, strengths=strengths, unit=unit, damage=damage)
        )
        return damage

    return add
