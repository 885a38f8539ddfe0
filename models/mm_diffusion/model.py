"""MM-Diffusion and its single streams as models: what they are built, trained and sampled with.

Presets: `paper` is Table A.1 of the paper, `released` what the released scripts do, `audioset` the paper's wider
network, `base` one that trains on a single GPU, `tiny` one that trains on a CPU.
"""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from avbench.clip import ClipSpec
from models.config import RunConfig, SamplingConfig, TrainingConfig
from models.diffusion.state import Denoiser, State
from models.diffusion_model import DiffusionModel, Shifts, sample_shape
from models.mm_diffusion.config import AUDIOSET, BASE, PAPER, TINY, CoupledUNetConfig
from models.mm_diffusion.coupled_unet import CoupledUNet
from models.mm_diffusion.single_stream import AudioUNet, VideoUNet
from models.mm_diffusion.unet import UNet
from models.model import Modality, Preset, Tensors
from models.registry import MODELS

# Table A.1, column "base". The table names no precision; the released scripts train in half precision.
_PAPER = Preset(
    spec=ClipSpec(),
    network=PAPER,
    training=TrainingConfig(
        steps=100_000, batch_size=128, learning_rate=1e-4, ema_decay=0.9999, precision="fp16", channel="left"
    ),
    sampling=SamplingConfig(solver="dpm", steps=20),
    fixed_gib=2.5,
    sample_gib=6.6,
)
_RELEASED = dataclasses.replace(
    _PAPER,
    # The scripts set no end; 8 processes take 4 samples each; every training clip is mirrored.
    training=dataclasses.replace(_PAPER.training, batch_size=32, mirror="always"),
)
_AUDIOSET = dataclasses.replace(_PAPER, network=AUDIOSET, fixed_gib=10, sample_gib=13.2)
_BASE = dataclasses.replace(
    _PAPER,
    network=BASE,
    training=dataclasses.replace(
        _PAPER.training, batch_size=32, accumulation=4, precision="bf16", activation_checkpointing=True
    ),
    fixed_gib=0.7,
    sample_gib=1.0,
)
_TINY = Preset(
    # The paper's shape gets some 16 steps in 20 minutes on two cores; this one gets hundreds.
    spec=ClipSpec(size=16, sample_rate=4000),
    network=TINY,
    # 1 / (1 - 0.9999) steps are far more than there are: without the warm-up the EMA would sample noise.
    training=TrainingConfig(
        steps=3000,
        batch_size=8,
        learning_rate=1e-3,
        # Without it, errors at high noise, which sampling multiplies most, stay as large as a step at the full rate.
        learning_rate_decay=0.6,
        ema_warmup=True,
        # The sound of the embedded data set is soft, so that the noise drowns it after few of the timesteps, and things
        # that sound are so small in its pictures that they can be made out at these timesteps only.
        timesteps="log-snr",
        log_every=10,
        preview_every=500,
        checkpoint_every=100,
    ),
    # A net that is trained for so short a time errs most at high noise. Along the probability flow such an error stays;
    # with new noise at every step it is forgotten, and thresholds limit it.
    sampling=SamplingConfig(solver="sde-dpm++", steps=50),
    fixed_gib=0.6,
    sample_gib=0.3,
)
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {"paper": _PAPER, "released": _RELEASED, "audioset": _AUDIOSET, "base": _BASE, "tiny": _TINY}
)


class _UNetModel(DiffusionModel):
    """What the coupled U-Net and its single streams share."""

    network_config: ClassVar[type] = CoupledUNetConfig
    presets: ClassVar[Mapping[str, Preset]] = PRESETS


class MMDiffusion(_UNetModel):
    """The coupled U-Net: video and its sound at once. Source: Ruan et al. 2023, arXiv 2212.09478."""

    modalities: ClassVar[tuple[Modality, ...]] = ("video", "audio")

    def build(self, config: RunConfig) -> nn.Module:
        return _built(CoupledUNet, config)

    def from_published(self, state_dict: Tensors, config: RunConfig) -> nn.Module:
        return CoupledUNet.from_published(state_dict, **_fields(config.network))

    def denoiser(self, network: nn.Module, shifts: Shifts) -> Denoiser:
        ranges = self.bare(network).shift_ranges

        def denoise(state: State, timesteps: Tensor) -> State:
            # One draw for each evaluation: all samples of all batches and ranks see the same windows.
            drawn = torch.from_numpy(shifts().integers(ranges, dtype=np.int64))
            predicted: State = network(*state, timesteps, drawn.to(timesteps.device))
            return predicted

        return denoise


class _SingleStream(_UNetModel):
    """One stream of the coupled U-Net on its own: rows 5 and 6 of the paper's Tables 1 and 2."""

    network: ClassVar[type[VideoUNet | AudioUNet]]

    def build(self, config: RunConfig) -> nn.Module:
        return _built(self.network, config)

    def from_published(self, state_dict: Tensors, config: RunConfig) -> nn.Module:
        return self.network.from_published(state_dict, **_fields(config.network))

    def denoiser(self, network: nn.Module, shifts: Shifts) -> Denoiser:
        return lambda state, timesteps: (network(*state, timesteps),)


class VideoOnly(_SingleStream):
    """Ours-v."""

    modalities: ClassVar[tuple[Modality, ...]] = ("video",)
    network: ClassVar[type[VideoUNet | AudioUNet]] = VideoUNet


class AudioOnly(_SingleStream):
    """Ours-a."""

    modalities: ClassVar[tuple[Modality, ...]] = ("audio",)
    network: ClassVar[type[VideoUNet | AudioUNet]] = AudioUNet


def _built(kind: type[UNet], config: RunConfig) -> UNet:
    """A network that clips of the run's shape go through.

    Raises:
        UsageError: they do not; the message says which shapes do.
    """
    with torch.device("meta"), torch.no_grad():  # shapes alone, before hours are spent
        clip = (torch.empty(1, *sample_shape(stream, config.spec)) for stream in kind.streams)
        kind(config.network)(*clip, torch.zeros(1))
    network = kind(config.network)
    network.activation_checkpointing = config.training.activation_checkpointing
    return network


def _fields(config: CoupledUNetConfig) -> dict[str, Any]:
    return {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}


MODELS.register("mm-diffusion")(MMDiffusion())
MODELS.register("video-only")(VideoOnly())
MODELS.register("audio-only")(AudioOnly())
