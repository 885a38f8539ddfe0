"""A model that stands on a run of the toy model: it corrects the sound that the toy's frozen network makes of sound.

Importing registers it as "toy-second".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from torch import Tensor, nn
from toy_model import ToyConfig, ToyExamples, ToyModel, ToyNetwork

from avbench.clipset import ClipSet
from avbench.errors import UsageError
from models.config import RunConfig
from models.draws import Draws
from models.model import Condition, Examples, Losses, Modality, Model, OnStep, Preset, Tensors
from models.registry import MODELS


@dataclass(frozen=True, slots=True, kw_only=True)
class ToySecondConfig:
    kernel: int = 3
    first: ToyConfig = field(default_factory=ToyConfig)  # of the network that it stands on


class ToySecond(nn.Module):
    """(B, 3, T, H, W) and (B, 1, S) to (B, 1, S)."""

    def __init__(self, config: ToySecondConfig) -> None:
        super().__init__()
        self.first = ToyNetwork(config.first)
        self.correction = nn.Conv1d(1, 1, config.kernel, padding="same")

    def forward(self, video: Tensor, audio: Tensor) -> Tensor:
        _, made = self.first(video, audio, torch.zeros(len(audio)))
        corrected: Tensor = self.correction(made)
        return corrected


class ToySecondModel(Model):
    modalities: ClassVar[tuple[Modality, ...]] = ("audio",)
    network_config: ClassVar[type] = ToySecondConfig
    presets: ClassVar[Mapping[str, Preset]] = {
        "tiny": replace(ToyModel.presets["tiny"], network=ToySecondConfig()),
    }
    first_stages: ClassVar[Mapping[str, str]] = {"first": "toy"}

    def stand_on(self, config: RunConfig, first_stages: Mapping[str, RunConfig]) -> RunConfig:
        first = first_stages["first"]
        if first.spec != config.spec:
            raise UsageError(f"the toy was trained on clips of {first.spec}, not {config.spec}")
        return replace(config, network=replace(config.network, first=first.network))

    def build(self, config: RunConfig) -> nn.Module:
        return ToySecond(config.network)

    def from_published(self, state_dict: Tensors, config: RunConfig) -> nn.Module:
        raise NotImplementedError

    def examples(self, clipset: ClipSet, config: RunConfig) -> Examples:
        return ToyExamples(len(clipset), config.spec)

    def losses(self, network: nn.Module, batch: Tensors, draws: Draws, config: RunConfig) -> Losses:
        error = network(batch["video"], batch["audio"]) - batch["audio"]
        return Losses({"audio": error.square().mean((1, 2))})

    def generate(
        self,
        network: nn.Module,
        config: RunConfig,
        draws: Draws,
        *,
        condition: Condition | None = None,
        on_step: OnStep | None = None,
    ) -> dict[Modality, Tensor]:
        spec = config.spec
        video = draws.normal("video", shape=(3, spec.frames, spec.size, spec.size))
        with torch.no_grad():
            return {"audio": network(video, draws.normal("audio", shape=(1, spec.samples)))}


if "toy-second" not in MODELS:
    MODELS.register("toy-second")(ToySecondModel())
