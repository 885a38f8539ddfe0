"""DIGAN as a model: video alone, row 2 of the paper's Tables 1 and 2.

Presets: `paper` is the released code's training for the paper's 64 x 64 frames, `base` the same on one GPU, `released`
its published networks of 128 x 128 frames, `tiny` one that trains on a CPU.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from avbench.clip import ClipSpec
from avbench.clipset import ClipSet
from avbench.errors import UsageError
from models.clip_examples import ClipExamples
from models.config import RunConfig, SamplingConfig, Solver, TrainingConfig
from models.digan.config import PAPER, TINY, DiganConfig
from models.digan.discriminator import check_batch
from models.digan.losses import discriminator_losses, generator_losses, gradient_penalty
from models.digan.network import DiganNetwork
from models.digan.pairs import FramePairs
from models.digan.published import own_weights, published_weights
from models.draws import Draws
from models.model import Condition, Examples, Modality, Model, OnStep, Phase, Preset, Tensors
from models.registry import MODELS

# MM-Diffusion says of this baseline that it is the official code, and no more. So network, losses and training are
# those of the released code (sihyun-yu/digan at e822320): 25 million pairs of frames in batches of 64, which are
# 390,625 steps; Adam at 0.0025 with betas 0 and 0.99, before the correction below; R1 with gamma 1 on every 16th step;
# DiffAugment of colour and place; an average of the generator with a half-life of 20,000 pairs, at first of a twentieth
# of those seen; a data set doubled by mirroring, of which a random half is the like.
# Ours: 64 pixels, at which the paper compares, where the released code has 128; frames fitted and windows chosen as for
# all models here, where that code crops the centre, resizes without antialiasing and cuts clips apart; float32, where
# it has the discriminators in half precision; and gradients that are not finite stop a run, where it replaces them.
# Memory is counted, not measured: 16 bytes for each of 105 million parameters, 4 more for the half that is averaged,
# and what the discriminators' update keeps for the gradients of each pair.
_PAPER = Preset(
    spec=ClipSpec(),
    network=PAPER,
    training=TrainingConfig(
        steps=390_625,
        batch_size=64,
        learning_rate=2.5e-3,
        ema_decay=0.5 ** (64 / 20_000),
        ema_ramp=0.05,
        mirror="random",
    ),
    sampling=SamplingConfig(solver="direct"),
    fixed_gib=2.2,
    sample_gib=0.45,
)
_BASE = dataclasses.replace(_PAPER, training=dataclasses.replace(_PAPER.training, accumulation=4))
_RELEASED = dataclasses.replace(_PAPER, spec=ClipSpec(size=128), fixed_gib=2.5, sample_gib=1.1)
_TINY = Preset(
    spec=ClipSpec(size=16, sample_rate=4000),
    network=TINY,
    training=TrainingConfig(
        steps=2000,
        batch_size=16,
        learning_rate=2.5e-3,
        ema_decay=0.995,
        ema_ramp=0.05,
        preview_every=500,
        checkpoint_every=250,
    ),
    sampling=SamplingConfig(solver="direct"),
    fixed_gib=0.8,  # measured: 1.0 GiB with 16 pairs
    sample_gib=0.02,
)

_GENERATOR_EVERY = 4  # steps at which the released code regularises its generator; with weight 0, but see `_adam`


class Digan(Model):
    """Source: Yu et al. 2022, "Generating Videos with Dynamics-aware Implicit Generative Adversarial Networks"."""

    modalities: ClassVar[tuple[Modality, ...]] = ("video",)
    network_config: ClassVar[type] = DiganConfig
    presets: ClassVar[Mapping[str, Preset]] = MappingProxyType(
        {"paper": _PAPER, "base": _BASE, "released": _RELEASED, "tiny": _TINY}
    )
    solvers: ClassVar[tuple[Solver, ...]] = ("direct",)

    def build(self, config: RunConfig) -> nn.Module:
        training = config.training
        if training.activation_checkpointing:
            raise UsageError("digan keeps its activations; leave training.activation_checkpointing out")
        check_batch(training.batch_size // training.accumulation)  # before anything is written; processes divide it on
        return DiganNetwork(config.network, config.spec.size)

    def published_weights(self, content: Any) -> Tensors:
        return super().published_weights(published_weights(content))

    def from_published(self, state_dict: Tensors, config: RunConfig) -> nn.Module:
        network = DiganNetwork(config.network, config.spec.size)
        network.load_state_dict(own_weights(state_dict, network))
        return network

    def examples(self, clipset: ClipSet, config: RunConfig) -> Examples:
        clips = ClipExamples(
            clipset, config.spec, modalities=self.modalities, split=config.split, mirror=config.training.mirror
        )
        return FramePairs(clips)

    def optimizers(self, network: DiganNetwork, config: RunConfig) -> Mapping[str, Optimizer]:
        return {
            "generator": _adam(network.generator, config, _GENERATOR_EVERY),
            "discriminators": _adam(network.discriminators, config, config.network.r1_every),
        }

    def averaged(self, network: DiganNetwork) -> nn.Module:
        return network.generator

    def phases(self, config: RunConfig, step: int) -> Sequence[Phase]:
        phases = [
            Phase("generator", generator_losses, "generator"),
            Phase("discriminators", discriminator_losses, "discriminators"),
        ]
        if config.network.r1_gamma and (step - 1) % config.network.r1_every == 0:
            phases.append(Phase("r1", gradient_penalty, "discriminators"))
        return phases

    @torch.no_grad()
    def generate(
        self,
        network: nn.Module,
        config: RunConfig,
        draws: Draws,
        *,
        condition: Condition | None = None,
        on_step: OnStep | None = None,
    ) -> dict[Modality, Tensor]:
        """Clips of evenly spaced times. One motion serves all frames of a clip, as in the released code."""
        assert isinstance(network, DiganNetwork)
        latent = draws.normal("latent", shape=(config.network.latent,))
        motion = draws.normal("motion", shape=(config.network.style,))
        times = torch.linspace(0, 1, config.spec.frames, device=latent.device).expand(len(latent), -1)
        video = network.generator(latent, motion, times).float()
        if on_step:
            on_step(1, 1)
        return {"video": video}


def _adam(part: nn.Module, config: RunConfig, every: int) -> Optimizer:
    """StyleGAN2's Adam, corrected for the updates that regularise on every so many steps: they are Adam's too.

    Source: Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", appendix B (lazy
    regularisation).
    """
    share = every / (every + 1)
    return Adam(part.parameters(), lr=config.training.learning_rate * share, betas=(0.0, 0.99**share), eps=1e-8)


MODELS.register("digan")(Digan())
