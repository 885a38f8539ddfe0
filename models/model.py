"""What a model tells the rooms that train and sample it: registered by name, it fits one loop and one sampler.

A model of one network and one loss gives `losses`, and the rest follows. One that alternates between losses gives its
`phases` and `optimizers` (adversarial training); one that stands on networks trained before names its `first_stages`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from avbench.clip import ClipSpec
from avbench.clipset import ClipSet
from models.config import RunConfig, SamplingConfig, Solver, TrainingConfig
from models.draws import Draws
from models.published import plain_weights

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
    noise_level: Tensor | None = None  # (B,) in [0, 1), how far in a diffusion: losses are also logged by its quartiles
    observed: Tensors = field(default_factory=dict)  # each (B,), by name: logged, but no part of the loss


LossFunction = Callable[[Any, Tensors, Draws, RunConfig], Losses]
"""(network, batch, draws, config) -> losses. Draws are the step's: losses that are to see other noise name it else."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One update within a training step: the gradients of one loss change the parameters of one optimiser."""

    name: str  # the loss is logged under it; its parts are logged under their own names, unlike those of other phases
    losses: LossFunction
    optimizer: str  # by its name among `Model.optimizers`


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
        solvers: what `SamplingConfig.solver` may be.
        first_stages: submodules of its network that are trained before, as networks of other models: the submodule's
            name, and the other model's registered name. They get that run's weights, are frozen, and stay in evaluation
            mode. A run's checkpoints hold them, so that it no longer needs the other run.
    """

    modalities: ClassVar[tuple[Modality, ...]]
    network_config: ClassVar[type]
    presets: ClassVar[Mapping[str, Preset]]
    solvers: ClassVar[tuple[Solver, ...]] = ("dpm", "dpm++", "sde-dpm++", "dpm++-adaptive", "ddim", "ddpm")
    first_stages: ClassVar[Mapping[str, str]] = MappingProxyType({})

    @property
    def conditions(self) -> tuple[Modality, ...]:
        """The modalities that samples can be made to fit: by default any one, for a model of several."""
        return self.modalities if len(self.modalities) > 1 else ()

    def use(self, run: str) -> str:
        """What follows `avbench` in the command that a run of this name serves once it is trained."""
        return f"sample {run}"

    @abstractmethod
    def build(self, config: RunConfig) -> nn.Module:
        """The network, freshly initialised from torch's global generator.

        Raises:
            UsageError: the settings contradict each other.
        """

    def load_pretrained(self, network: nn.Module, config: RunConfig) -> None:
        """Gives a new run's network the weights that it has from elsewhere and does not change: by default, none.

        Called where neither a checkpoint of the run nor other first weights bring them along.

        Raises:
            MissingError: they are missing and may not or cannot be fetched.
            DataError: their file is something else.
        """
        return

    def published_weights(self, content: Any) -> Tensors:
        """The weights in the content of a published file: by default, that is a state dict.

        Args:
            content: plain values, containers and tensors; a `models.inert_unpickler.Record` for whatever else there is.

        Raises:
            DataError: it holds none.
        """
        return plain_weights(content)

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

    def losses(self, network: nn.Module, batch: Tensors, draws: Draws, config: RunConfig) -> Losses:
        """Losses of a batch, for a model that is trained by one loss; others give their `phases`.

        `network` may be wrapped (DistributedDataParallel, compiled).
        """
        raise NotImplementedError(f"{type(self).__name__} gives neither losses nor phases")

    def phases(self, config: RunConfig, step: int) -> Sequence[Phase]:
        """The updates of a training step, in order; the first step is 1. All of them see the step's batch.

        By default one, of all parameters by `losses`. Where there are several optimisers, the network is not wrapped,
        so that losses may call any part of it; only the parameters of the phase's optimiser gather gradients, which are
        averaged over processes. Buffers are the first process's at the beginning of each step.
        """
        return (Phase("loss", self.losses, "network"),)

    def optimizers(self, network: Any, config: RunConfig) -> Mapping[str, Optimizer]:
        """The optimisers by name; each trained parameter is in one of them.

        A group's rate relative to `training.learning_rate` stays as it is here, when that falls. By default AdamW for
        all parameters that are not frozen.
        """
        training = config.training
        trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
        adam = torch.optim.AdamW(
            trained, lr=training.learning_rate, betas=(0.9, 0.999), weight_decay=training.weight_decay
        )
        return {"network": adam}

    def averaged(self, network: Any) -> nn.Module:
        """The part of the network whose moving average samples are made with: by default all of it.

        What is frozen is not averaged.
        """
        part: nn.Module = network
        return part

    def stand_on(self, config: RunConfig, first_stages: Mapping[str, RunConfig]) -> RunConfig:
        """The settings with what follows from those of its first stages, such as the shapes of their networks.

        Args:
            first_stages: settings of the runs, by the names in `first_stages`.

        Raises:
            UsageError: they do not fit each other.
        """
        return config

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

        Args:
            condition: of a modality in `conditions`; what samples are made by sees to it.

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
