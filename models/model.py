"""What a model tells the rooms that train and sample it: registered by name, it fits one loop and one sampler."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from torch import Tensor, nn

from avbench.clip import ClipSpec
from avbench.clipset import ClipSet
from models.config import RunConfig, SamplingConfig, TrainingConfig
from models.draws import Draws

Modality = Literal["video", "audio"]
Tensors = Mapping[str, Tensor]  # one batch: tensors by name, the first dimension counts samples
OnStep = Callable[[int, int], None]  # steps done, steps in all


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Named settings of a model, complete but for the data and the seed."""

    spec: ClipSpec
    network: Any  # the model's own frozen dataclass
    training: TrainingConfig
    sampling: SamplingConfig
    fixed_gib: float  # memory of a training process: weights, gradients, optimiser, EMA
    sample_gib: float  # and for each sample of its micro-batch

    def memory_gib(self, samples: int) -> float:
        """What a process needs for a training step with micro-batches of `samples`; measured or estimated."""
        return self.fixed_gib + samples * self.sample_gib


@dataclass(frozen=True, slots=True)
class Losses:
    """Losses of a batch."""

    parts: Tensors  # each (B,), by name; their sum is the loss of a sample
    noise_level: Tensor  # (B,) in [0, 1), how far in the diffusion each sample was: quartiles of it are logged


@dataclass(frozen=True, slots=True)
class Condition:
    """What a zero-shot conditional sample is made to fit."""

    modality: Modality
    value: Tensor  # (B, 3, T, H, W) or (B, 1, S), in [-1, 1]
    guidance: Literal["replace", "gradient"]
    scale: float  # of the gradient; see models.diffusion.conditioning for its convention
    as_published: bool  # the released code's variant in the place of the paper's Eq. 10-12


class Examples(Protocol):
    """Training examples: as many items as there are clips to choose from, each read anew from a random place."""

    def __len__(self) -> int: ...

    def read(self, index: int, generator: np.random.Generator) -> dict[str, Tensor]:
        """One example of item `index`: tensors by name without the batch dimension, all randomness from `generator`."""
        ...


class Model(ABC):
    """A kind of model. Stateless: networks and settings come in as arguments.

    Attributes:
        modalities: what it is trained on and generates.
        network_config: the dataclass of its network's settings.
        presets: by name; those with "tiny" and "paper" among them are what commands choose by themselves.
    """

    modalities: ClassVar[tuple[Modality, ...]]
    network_config: ClassVar[type]
    presets: ClassVar[Mapping[str, Preset]]

    @abstractmethod
    def build(self, config: RunConfig) -> nn.Module:
        """The network, freshly initialised from torch's global generator.

        Raises:
            UsageError: the settings contradict each other.
        """

    @abstractmethod
    def from_published(self, state_dict: Tensors, config: RunConfig) -> nn.Module:
        """The network with the weights of a published checkpoint.

        Raises:
            DataError: the checkpoint is another network's; the message names the first key and shape that differ.
        """

    @abstractmethod
    def examples(self, clipset: ClipSet, config: RunConfig) -> Examples:
        """Training examples from a clip set.

        Raises:
            DataError: no clip is long enough, or none carries what the model is trained on.
        """

    @abstractmethod
    def losses(self, network: nn.Module, batch: Tensors, draws: Draws, config: RunConfig) -> Losses:
        """Losses of a batch. `network` may be wrapped (DistributedDataParallel, compiled)."""

    @abstractmethod
    def generate(
        self,
        network: nn.Module,
        config: RunConfig,
        draws: Draws,
        *,
        condition: Condition | None = None,
        on_step: OnStep | None = None,
    ) -> dict[Modality, Tensor]:
        """One sample for each member of `draws`, as `config.sampling` says; a sample depends on its draws only.

        Returns:
            Float32 by modality, (B, 3, T, H, W) and (B, 1, S): nominally in [-1, 1], not clipped. A conditioned
            modality is the condition itself.

        Raises:
            UsageError: the model cannot do what is asked.
        """

    def preview(
        self, network: nn.Module, config: RunConfig, draws: Draws, examples: Examples
    ) -> Mapping[Modality, Tensor]:
        """What is shown of a network while it trains, one thing for each member of `draws`: by default, samples.

        Args:
            examples: the training's, for a model that makes nothing without an input.

        Returns:
            As `generate`; pictures (B, 3, T, H, W) may have any T, H and W.
        """
        return self.generate(network, config, draws)
