"""What the VQGANs of video and of sound have in common as models: how they are built, trained and shown."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, NoReturn

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from avbench.clipset import ClipSet
from avbench.errors import UsageError
from models.clip_examples import ClipExamples
from models.config import RunConfig, Solver
from models.draws import Draws
from models.model import Condition, Examples, Losses, Modality, Model, OnStep, Phase, Tensors
from models.tats.config import VqganConfig
from models.tats.published import published_weights, vqgan_weights
from models.tats.vqgan import Vqgan
from models.tats.vqgan_losses import autoencoder_losses, discriminator_losses

_BETAS = (0.5, 0.9)


class VqganModel(Model):
    """A VQGAN of one modality.

    Attributes:
        channels: of what the network sees.
        reach: what it sees lies between -reach and reach.
        transformer: the model that stands on it.
    """

    solvers: ClassVar[tuple[Solver, ...]] = ("tokens",)
    channels: ClassVar[int]
    reach: ClassVar[float]
    transformer: ClassVar[str]

    def use(self, run: str) -> str:
        return f"train {self.transformer} --first-stage {run}"

    @abstractmethod
    def seen(self, batch: Tensors, config: RunConfig) -> Tensor:
        """What the network is given of a batch of examples: (B, `channels`, T, H, W)."""

    def build(self, config: RunConfig) -> nn.Module:
        if config.training.activation_checkpointing:
            raise UsageError(f"{config.model} keeps its activations; leave training.activation_checkpointing out")
        config.network.grid(config.spec)
        return Vqgan(config.network, image_channels=self.channels)

    def load_pretrained(self, network: nn.Module, config: RunConfig) -> None:
        assert isinstance(network, Vqgan)
        if network.perceptual_model is not None:
            network.perceptual_model.load_pretrained()

    def published_weights(self, content: Any) -> Tensors:
        return super().published_weights(published_weights(content))

    def from_published(self, state_dict: Tensors, config: RunConfig) -> nn.Module:
        network = Vqgan(config.network, image_channels=self.channels)
        network.load_state_dict(vqgan_weights(state_dict, network))
        return network

    def examples(self, clipset: ClipSet, config: RunConfig) -> Examples:
        training = config.training
        return ClipExamples(
            clipset,
            config.spec,
            modalities=self.modalities,
            split=config.split,
            mirror=training.mirror,
            channel=training.channel,
        )

    def optimizers(self, network: Vqgan, config: RunConfig) -> Mapping[str, Optimizer]:
        return {
            name: Adam(nn.ModuleList(parts).parameters(), lr=config.training.learning_rate, betas=_BETAS)
            for name, parts in (("autoencoder", network.autoencoder), ("discriminators", network.discriminators))
        }

    def phases(self, config: RunConfig, step: int) -> Sequence[Phase]:
        settings: VqganConfig = config.network
        adversarial = step > settings.adversarial_from and bool(settings.image_weight or settings.video_weight)
        autoencoder = partial(self._autoencoder_losses, adversarial=adversarial)
        phases = [Phase("autoencoder", autoencoder, "autoencoder")]
        if adversarial:
            phases.append(Phase("discriminators", self._discriminator_losses, "discriminators"))
        return phases

    def generate(
        self,
        network: nn.Module,
        config: RunConfig,
        draws: Draws,
        *,
        condition: Condition | None = None,
        on_step: OnStep | None = None,
    ) -> NoReturn:
        what = " and ".join(self.modalities)
        raise UsageError(
            f"a {config.model} turns {what} into tokens and back; what makes clips is a transformer on it: "
            f"`avbench {self.use('RUN')}`"
        )

    def preview(
        self, network: nn.Module, config: RunConfig, draws: Draws, examples: Examples
    ) -> dict[Modality, Tensor]:
        """What the network sees of clips and, to its right, what comes back. They are always the same clips."""
        assert isinstance(network, Vqgan)
        device = network.codebook.embeddings.device
        clips = [examples.read(member % len(examples), draws.shared("example", member)) for member in draws.members]
        batch = {name: torch.stack([clip[name] for clip in clips]).to(device) for name in clips[0]}
        real = self.seen(batch, config)
        made = network.reconstruct(real, learn=False).video.float()
        return {"video": torch.cat([real, made], dim=-1).expand(-1, 3, -1, -1, -1) / self.reach}

    def _autoencoder_losses(
        self, network: Vqgan, batch: Tensors, draws: Draws, config: RunConfig, *, adversarial: bool
    ) -> Losses:
        return autoencoder_losses(network, self.seen(batch, config), draws, config.network, adversarial=adversarial)

    def _discriminator_losses(self, network: Vqgan, batch: Tensors, draws: Draws, config: RunConfig) -> Losses:
        return discriminator_losses(network, self.seen(batch, config), draws, config.network)
