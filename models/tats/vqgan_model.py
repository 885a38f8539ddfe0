"""The 3D-VQGAN as a model: what TATS, row 3 of the paper's Tables 1 and 2, learns first.

Presets: `paper` is the released code's training command for the paper's 64 x 64 frames, `base` the same on one GPU,
`released` its published networks of 128 x 128 frames, `tiny` one that trains on a CPU.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar, NoReturn

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from avbench.clip import ClipSpec
from avbench.clipset import ClipSet
from avbench.errors import UsageError
from models.clip_examples import ClipExamples
from models.config import RunConfig, SamplingConfig, Solver, TrainingConfig
from models.draws import Draws
from models.model import Condition, Examples, Modality, Model, OnStep, Phase, Preset, Tensors
from models.registry import MODELS
from models.tats.config import PAPER_VQGAN, TINY_VQGAN, VqganConfig
from models.tats.published import published_weights, vqgan_weights
from models.tats.vqgan import Vqgan
from models.tats.vqgan_losses import autoencoder_losses, discriminator_losses

# MM-Diffusion says of this baseline that it is TATS-base, and no more. So network, losses and training are those of the
# released code's command for the VQGAN (songweige/TATS at 03bbce1): 16,384 codes of width 256, tokens of 4 x 8 x 8,
# batch normalisation, no restarts; L1 4, LPIPS 4, both discriminators 1, feature matching 4, the discriminators from
# step 10,000 on; batches of 2 on each of 8 GPUs, accumulated over 6, which are 96; Adam with betas 0.5 and 0.9 at
# 3e-5 * 6 * 2 / 4 = 9e-5, clipped to norm 1, no schedule, no average of weights.
# Ours: 64 pixels, at which the paper compares, where the released networks have 128; 46,000 steps, the most that the
# names of published VQGANs tell of (their command allows 2,000,000); frames fitted as for all models here, where that
# code scales the shorter side and crops the centre. Statistics of a batch are of a micro-batch on one process: with 16
# clips at once on one GPU, as here, those of the released training, which shares them over 8 GPUs with 2 each. With
# fewer at once, they are noisier. The codebook follows a batch once; the released code shows it every batch twice.
# Memory is counted, not measured.
_PAPER = Preset(
    spec=ClipSpec(),
    network=PAPER_VQGAN,
    training=TrainingConfig(
        steps=46_000, batch_size=96, accumulation=6, learning_rate=9e-5, gradient_clip=1.0, ema_decay=0.0
    ),
    sampling=SamplingConfig(solver="tokens"),
    fixed_gib=1.0,
    sample_gib=1.0,
)
_BASE = dataclasses.replace(_PAPER, training=dataclasses.replace(_PAPER.training, accumulation=12))
_RELEASED = dataclasses.replace(_PAPER, spec=ClipSpec(size=128), sample_gib=4.0)
# Restarts, since a small set uses few codes otherwise; without LPIPS, whose weights are 0.5 GB.
_TINY = Preset(
    spec=ClipSpec(size=16, sample_rate=4000),
    network=TINY_VQGAN,
    training=TrainingConfig(
        steps=1000,
        batch_size=8,
        learning_rate=1e-3,
        gradient_clip=1.0,
        ema_decay=0.0,
        preview_every=200,
        checkpoint_every=200,
    ),
    sampling=SamplingConfig(solver="tokens"),
    fixed_gib=0.5,
    sample_gib=0.05,
)

_BETAS = (0.5, 0.9)


class TatsVqgan(Model):
    """Source: Ge et al. 2022, "Long Video Generation with Time-Agnostic VQGAN and Time-Sensitive Transformer"."""

    modalities: ClassVar[tuple[Modality, ...]] = ("video",)
    network_config: ClassVar[type] = VqganConfig
    presets: ClassVar[Mapping[str, Preset]] = MappingProxyType(
        {"paper": _PAPER, "base": _BASE, "released": _RELEASED, "tiny": _TINY}
    )
    solvers: ClassVar[tuple[Solver, ...]] = ("tokens",)

    def build(self, config: RunConfig) -> nn.Module:
        if config.training.activation_checkpointing:
            raise UsageError("tats-vqgan keeps its activations; leave training.activation_checkpointing out")
        config.network.grid(config.spec)
        return Vqgan(config.network)

    def load_pretrained(self, network: nn.Module, config: RunConfig) -> None:
        assert isinstance(network, Vqgan)
        if network.perceptual_model is not None:
            network.perceptual_model.load_pretrained()

    def published_weights(self, content: Any) -> Tensors:
        return super().published_weights(published_weights(content))

    def from_published(self, state_dict: Tensors, config: RunConfig) -> nn.Module:
        network = Vqgan(config.network)
        network.load_state_dict(vqgan_weights(state_dict, network))
        return network

    def examples(self, clipset: ClipSet, config: RunConfig) -> Examples:
        return ClipExamples(
            clipset, config.spec, modalities=self.modalities, split=config.split, mirror=config.training.mirror
        )

    def optimizers(self, network: Vqgan, config: RunConfig) -> Mapping[str, Optimizer]:
        return {
            name: Adam(nn.ModuleList(parts).parameters(), lr=config.training.learning_rate, betas=_BETAS)
            for name, parts in (("autoencoder", network.autoencoder), ("discriminators", network.discriminators))
        }

    def phases(self, config: RunConfig, step: int) -> Sequence[Phase]:
        settings: VqganConfig = config.network
        adversarial = step > settings.adversarial_from and bool(settings.image_weight or settings.video_weight)
        phases = [Phase("autoencoder", partial(autoencoder_losses, adversarial=adversarial), "autoencoder")]
        if adversarial:
            phases.append(Phase("discriminators", discriminator_losses, "discriminators"))
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
        raise UsageError(
            "a tats-vqgan turns clips into tokens and back; what makes clips is a transformer on it: "
            "`avbench train tats --first-stage RUN`"
        )

    def preview(
        self, network: nn.Module, config: RunConfig, draws: Draws, examples: Examples
    ) -> dict[Modality, Tensor]:
        """Clips and, to their right, what comes back of them. They are always the same ones."""
        assert isinstance(network, Vqgan)
        device = network.codebook.embeddings.device
        clips = [examples.read(member % len(examples), draws.shared("example", member)) for member in draws.members]
        video = torch.stack([clip["video"] for clip in clips]).to(device)
        made = 2 * network.reconstruct(0.5 * video, learn=False).video.float()
        return {"video": torch.cat([video, made], dim=-1)}


MODELS.register("tats-vqgan")(TatsVqgan())
