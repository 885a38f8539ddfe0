"""What an extractor is: a pretrained network that turns windows of clips into feature rows."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import torch
from torch import Tensor

from avbench.features.switches import Switches
from avbench.registry import Registry

Forward = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute:
    """What the network runs on."""

    device: torch.device = torch.device("cpu")
    bfloat16: bool = False  # video networks only; moves FVD by about 0.3 %
    windows: int = 0  # how many windows will be asked for in all; compiling pays only for many


class Extractor(ABC):
    """A network with its weights and its own preprocessing, from a protocol's window to one feature row.

    Subclasses register an instance with `@EXTRACTORS.register(name)` or `EXTRACTORS.register(name)(instance)`.
    """

    name: ClassVar[str]
    version: ClassVar[str]  # raised whenever the numbers change
    modality: ClassVar[Literal["video", "audio"]]
    weights: ClassVar[str] = ""  # name in the registry of weights; "" = it has none
    dimensions: ClassVar[int]
    sample_rate: ClassVar[int] = 0  # Hz, audio only
    blind_to: ClassVar[str] = ""  # what the sanity study showed that it does not see; printed with its numbers

    @abstractmethod
    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        """The network, ready to run.

        It takes float32 video (B, 3, T, S, S) in [0, 1] or audio (B, 1, samples) in [-1, 1] at `sample_rate`, and
        returns float32 (B, dimensions) on the CPU.

        Raises:
            DataError: the checkpoint is not one of this network.
        """

    def identity(self, switches: Switches) -> str:
        """Everything about this extractor, besides its weights and its input, that decides its numbers."""
        return f"{self.name} {self.version}"

    def sees_the_batch(self, switches: Switches) -> bool:
        """Whether a row depends on the other rows of its batch."""
        return False


__all__ = ["EXTRACTORS", "Compute", "Extractor", "Forward", "Switches"]

EXTRACTORS: Registry[Extractor] = Registry("feature extractor", "avbench.features")
