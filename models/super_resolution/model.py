"""The upsampler as a model: what it is built and trained with.

Presets: `paper` is Table A.1 of the paper, `released` what the released script does, `base` the paper's network where
one GPU must do the work of eight, `tiny` a small one (16 to 64 pixels) that trains on a CPU.
"""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, NoReturn

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from avbench.clip import ClipSpec
from avbench.clipset import ClipSet
from avbench.errors import UsageError
from models.config import RunConfig, SamplingConfig, Solver, TrainingConfig
from models.diffusion.learned_variance import hybrid_losses
from models.diffusion.schedule import linear_schedule
from models.diffusion.timesteps import draw_timesteps
from models.draws import Draws
from models.model import Condition, Examples, Losses, Modality, Model, OnStep, Preset, Tensors
from models.registry import MODELS
from models.super_resolution.config import PAPER, RELEASED, TINY, SuperResolutionConfig
from models.super_resolution.data import PicturePairs
from models.super_resolution.published import load_published
from models.super_resolution.unet import SuperResolutionUNet
from models.super_resolution.upscale import STEPS, upscale

_SCHEDULE = linear_schedule(1000)

# Table A.1, column "SR". Memory is counted, not measured: 20 bytes for each of 311 million parameters, and 4.0 GiB of
# activations for a picture in float32, somewhat more than half of that in half precision.
_PAPER = Preset(
    spec=ClipSpec(size=PAPER.size),
    network=PAPER,
    training=TrainingConfig(
        steps=270_000, batch_size=48, learning_rate=1e-4, ema_decay=0.9999, precision="fp16", mirror="random"
    ),
    sampling=SamplingConfig(solver="ddim", steps=STEPS),
    fixed_gib=6.4,
    sample_gib=2.5,
)
_RELEASED = dataclasses.replace(_PAPER, network=RELEASED, training=dataclasses.replace(_PAPER.training, mirror="none"))
_BASE = dataclasses.replace(
    _PAPER,
    training=dataclasses.replace(_PAPER.training, accumulation=8, precision="bf16", activation_checkpointing=True),
    sample_gib=0.6,
)
_TINY = Preset(
    spec=ClipSpec(size=TINY.size),
    network=TINY,
    # After 300 steps the noise is known to 0.02, and things stand where they should, but in wrong colours and grain:
    # DDIM begins at t = 960, where an error in the noise counts 107-fold in the picture. Pictures take far more steps.
    training=TrainingConfig(
        steps=10_000,
        batch_size=8,
        learning_rate=1e-3,
        ema_warmup=True,
        mirror="random",
        preview_every=500,
        checkpoint_every=500,
    ),
    sampling=SamplingConfig(solver="ddim", steps=STEPS),
    fixed_gib=0.4,
    sample_gib=0.1,
)


class SuperResolution(Model):
    """Trained on pictures, it enlarges videos frame by frame. Source: MM-Diffusion, section 4.1 and Table A.1."""

    modalities: ClassVar[tuple[Modality, ...]] = ("video",)
    network_config: ClassVar[type] = SuperResolutionConfig
    presets: ClassVar[Mapping[str, Preset]] = MappingProxyType(
        {"paper": _PAPER, "released": _RELEASED, "base": _BASE, "tiny": _TINY}
    )

    solvers: ClassVar[tuple[Solver, ...]] = ("ddim",)

    def use(self, run: str) -> str:
        return f"upscale CLIPSET --with {run}"

    def build(self, config: RunConfig) -> nn.Module:
        if config.spec.size != config.network.size:
            raise UsageError(
                f"spec.size is {config.spec.size}, network.size {config.network.size}; an upsampler is trained on "
                "pictures of the size that it makes, so set both alike"
            )
        if config.sampling.solver != "ddim":
            raise UsageError(f"sampling.solver is {config.sampling.solver}; an upsampler knows ddim only")
        network = SuperResolutionUNet(config.network)
        network.activation_checkpointing = config.training.activation_checkpointing
        return network

    def from_published(self, state_dict: Tensors, config: RunConfig) -> nn.Module:
        network = self.build(config)
        load_published(network, state_dict)
        return network

    def examples(self, clipset: ClipSet, config: RunConfig) -> Examples:
        return PicturePairs(clipset, config)

    def losses(self, network: nn.Module, batch: Tensors, draws: Draws, config: RunConfig) -> Losses:
        """The hybrid loss: "noise" (squared error) and "variance" (variational bound, bits per dimension)."""
        high, low = batch["high"], batch["low"]
        timesteps = draw_timesteps(draws, config.training.timesteps, _SCHEDULE)

        def noise_and_variance(noisy: Tensor, t: Tensor) -> Tensor:
            prediction: Tensor = network(noisy, t, low)
            return prediction

        noise = draws.normal("noise", shape=high.shape[1:])
        losses = hybrid_losses(noise_and_variance, high, noise, timesteps, _SCHEDULE)
        parts = {"noise": losses.mse, "variance": losses.variational}
        return Losses(parts, timesteps / len(_SCHEDULE))

    def generate(
        self,
        network: nn.Module,
        config: RunConfig,
        draws: Draws,
        *,
        condition: Condition | None = None,
        on_step: OnStep | None = None,
    ) -> NoReturn:
        raise UsageError(f"an upsampler makes nothing of its own; give it clips: `avbench {self.use('RUN')}`")

    def preview(
        self, network: nn.Module, config: RunConfig, draws: Draws, examples: Examples
    ) -> dict[Modality, Tensor]:
        """Side by side, as still videos: what the network is given, what it makes of it, and what it was.

        The pictures are always the same ones.
        """
        pairs = [examples.read(member % len(examples), draws.shared("example", member)) for member in draws.members]
        high, low = (torch.stack([pair[name] for pair in pairs]) for name in ("high", "low"))
        noise = draws.normal("noise", shape=high.shape[1:])
        low = low.to(noise.device)
        upscaled = upscale(network, low[:, :, None], noise, steps=config.sampling.steps)[:, :, 0]
        given = F.interpolate(low, size=high.shape[-2:])
        together = torch.cat([given, upscaled, high.to(noise.device)], dim=-1)
        return {"video": together[:, :, None].expand(-1, -1, config.spec.frames, -1, -1)}


MODELS.register("super-resolution")(SuperResolution())
