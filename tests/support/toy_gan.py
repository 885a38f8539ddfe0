"""An adversarial model of sound that trains in milliseconds: two optimisers, and a penalty on every third step.

Importing registers it as "toy-gan".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam, Optimizer
from toy_model import ToyExamples, ToyModel

from avbench.clipset import ClipSet
from models.config import RunConfig
from models.draws import Draws
from models.model import Condition, Examples, Losses, Modality, Model, OnStep, Phase, Preset, Tensors
from models.registry import MODELS

PENALTY_EVERY = 3  # steps
_WIDTH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyGanConfig:
    discriminator_rate: float = 0.5  # of training.learning_rate
    memory: float = 0.1  # share of a batch in the mean of all that the generator has seen


class ToyGan(nn.Module):
    """A generator of S samples, and a discriminator; `seen` is the mean of what the generator was trained with."""

    seen: Tensor

    def __init__(self, samples: int, memory: float) -> None:
        super().__init__()
        self.memory = memory
        self.generator = nn.Sequential(nn.Linear(_WIDTH, _WIDTH), nn.Tanh(), nn.Linear(_WIDTH, samples))
        self.discriminator = nn.Sequential(nn.Linear(samples, _WIDTH), nn.LeakyReLU(0.2), nn.Linear(_WIDTH, 1))
        self.register_buffer("seen", torch.zeros(_WIDTH))

    def generate(self, z: Tensor) -> Tensor:
        """(B, _WIDTH) -> (B, 1, S)."""
        if self.training:
            self.seen.lerp_(z.mean(0), self.memory)
        sound: Tensor = self.generator(z + self.seen)
        return sound[:, None]

    def judge(self, audio: Tensor) -> Tensor:
        """(B, 1, S) -> (B,)."""
        logits: Tensor = self.discriminator(audio[:, 0])
        return logits[:, 0]


class ToyGanModel(Model):
    modalities: ClassVar[tuple[Modality, ...]] = ("audio",)
    network_config: ClassVar[type] = ToyGanConfig
    presets: ClassVar[Mapping[str, Preset]] = {
        "tiny": replace(ToyModel.presets["tiny"], network=ToyGanConfig()),
    }

    def build(self, config: RunConfig) -> nn.Module:
        return ToyGan(config.spec.samples, config.network.memory)

    def from_published(self, state_dict: Tensors, config: RunConfig) -> nn.Module:
        raise NotImplementedError

    def examples(self, clipset: ClipSet, config: RunConfig) -> Examples:
        return ToyExamples(len(clipset), config.spec)

    def optimizers(self, network: ToyGan, config: RunConfig) -> Mapping[str, Optimizer]:
        rate = config.training.learning_rate
        return {
            "generator": Adam(network.generator.parameters(), lr=rate, betas=(0.0, 0.99)),
            "discriminator": Adam(
                network.discriminator.parameters(), lr=rate * config.network.discriminator_rate, betas=(0.0, 0.99)
            ),
        }

    def averaged(self, network: ToyGan) -> nn.Module:
        return network.generator

    def phases(self, config: RunConfig, step: int) -> Sequence[Phase]:
        phases = [
            Phase("generator", self.generator_losses, "generator"),
            Phase("discriminator", self.discriminator_losses, "discriminator"),
        ]
        if step % PENALTY_EVERY == 0:
            phases.append(Phase("penalty", self.penalty, "discriminator"))
        return phases

    def generator_losses(self, network: ToyGan, batch: Tensors, draws: Draws, config: RunConfig) -> Losses:
        fake = network.generate(draws.normal("generator", shape=(_WIDTH,)))
        return Losses({"fooling": F.softplus(-network.judge(fake))})

    def discriminator_losses(self, network: ToyGan, batch: Tensors, draws: Draws, config: RunConfig) -> Losses:
        with torch.no_grad():
            fake = network.generate(draws.normal("discriminator", shape=(_WIDTH,)))
        real, faked = network.judge(batch["audio"]), network.judge(fake)
        return Losses({"real": F.softplus(-real), "fake": F.softplus(faked)}, observed={"margin": real - faked})

    def penalty(self, network: ToyGan, batch: Tensors, draws: Draws, config: RunConfig) -> Losses:
        """R1: half the squared gradient at real sound, made up for the steps that do without."""
        real = batch["audio"].requires_grad_()
        (gradient,) = torch.autograd.grad(network.judge(real).sum(), real, create_graph=True)
        return Losses({"penalty": PENALTY_EVERY * 0.5 * gradient.square().flatten(1).sum(1)})

    def generate(
        self,
        network: ToyGan,  # type: ignore[override]
        config: RunConfig,
        draws: Draws,
        *,
        condition: Condition | None = None,
        on_step: OnStep | None = None,
    ) -> dict[Modality, Tensor]:
        with torch.no_grad():
            return {"audio": network.generate(draws.normal("z", shape=(_WIDTH,)))}


if "toy-gan" not in MODELS:
    MODELS.register("toy-gan")(ToyGanModel())
