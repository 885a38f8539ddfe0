"""The presets `paper` and `released` against the paper's Table A.1 (and the text around it), row by row.

Each row: what the paper prints, what the presets have, and why either departs from the print. A row that departs
without a reason fails, and so does a reason that is no longer needed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch

from models.mm_diffusion import CoupledUNet
from models.model import Preset
from models.registry import MODELS
from models.super_resolution.degrade import JPEG_PROBABILITY, JPEG_QUALITY, LARGEST_SIGMA, NOISE_PROBABILITY
from models.super_resolution.unet import SuperResolutionUNet


@dataclass(frozen=True)
class Row:
    model: str
    name: str
    printed: Any
    read: Callable[[Preset], Any]
    paper: str = ""  # why our `paper` preset departs from the print; "" = it does not
    released: str = ""  # why the released scripts do


def parameters(preset: Preset) -> str:
    build = {"CoupledUNetConfig": CoupledUNet, "SuperResolutionConfig": SuperResolutionUNet}
    with torch.device("meta"):
        network = build[type(preset.network).__name__](preset.network)
    return f"{sum(parameter.numel() for parameter in network.parameters()) / 1e6:.2f}M"


def cross_attention_head_width(preset: Preset) -> int:
    return preset.network.cross_head_channels


def self_attention_head_widths(preset: Preset) -> int | tuple[int, ...]:
    network = preset.network
    factors = getattr(network, "self_attention_factors", None) or network.attention_factors
    widths = {
        network.channels * mult // network.heads
        for level, mult in enumerate(network.channel_mult)
        if 2**level in factors
    }
    return widths.pop() if len(widths) == 1 else tuple(sorted(widths))


_HEADS = "the released networks have 4 heads at every width, and only they load the checkpoints"

ROWS = [
    Row(
        "mm-diffusion", "parameters", "115.13M", parameters,
        paper="the released code has 133.68M with the printed settings, and only it loads the checkpoints",
        released="as above",
    ),
    Row("mm-diffusion", "video", (16, 64), lambda preset: (preset.spec.frames, preset.spec.size)),
    Row("mm-diffusion", "audio", 25_600, lambda preset: preset.spec.samples),
    Row("mm-diffusion", "frame rate and sample rate", (10, 16_000), lambda p: (p.spec.fps, p.spec.sample_rate)),
    Row("mm-diffusion", "base channels", 128, lambda preset: preset.network.channels),
    Row("mm-diffusion", "channel multipliers", (1, 2, 3, 4), lambda preset: preset.network.channel_mult),
    Row("mm-diffusion", "residual blocks per level", 2, lambda preset: preset.network.blocks_per_level),
    Row("mm-diffusion", "cross-attention factors", (2, 4, 8), lambda preset: preset.network.cross_attention_factors),
    Row("mm-diffusion", "cross-attention windows", (1, 4, 8), lambda preset: preset.network.windows),
    Row("mm-diffusion", "head width, cross-attention", 64, cross_attention_head_width),
    Row(
        "mm-diffusion", "head width, self-attention", 64, self_attention_head_widths, paper=_HEADS, released=_HEADS
    ),
    Row("mm-diffusion", "dropout", 0.1, lambda preset: preset.network.dropout),
    Row("mm-diffusion", "learning rate", 1e-4, lambda preset: preset.training.learning_rate),
    Row(
        "mm-diffusion", "batch size", 128, lambda preset: preset.training.batch_size,
        released="the script starts 8 processes with 4 samples each",
    ),
    Row("mm-diffusion", "training steps", 100_000, lambda preset: preset.training.steps),
    Row("mm-diffusion", "EMA decay", 0.9999, lambda preset: preset.training.ema_decay),
    Row(
        "mm-diffusion", "augmentation", "none", lambda preset: preset.training.mirror,
        released="the flip's boolean is taken for its probability, so every training clip is mirrored",
    ),
    Row("super-resolution", "parameters", "311.03M", parameters),
    Row("super-resolution", "sizes", (64, 256), lambda preset: (preset.network.low_size, preset.network.size)),
    Row("super-resolution", "base channels", 192, lambda preset: preset.network.channels),
    Row("super-resolution", "channel multipliers", (1, 1, 2, 2, 4, 4), lambda preset: preset.network.channel_mult),
    Row("super-resolution", "residual blocks per level", 2, lambda preset: preset.network.blocks_per_level),
    Row("super-resolution", "head width", 48, self_attention_head_widths, paper=_HEADS, released=_HEADS),
    Row(
        "super-resolution", "dropout", 0.1, lambda preset: preset.network.dropout,
        released="the script does not pass it on, and its default is 0",
    ),
    Row("super-resolution", "learning rate", 1e-4, lambda preset: preset.training.learning_rate),
    Row("super-resolution", "batch size", 48, lambda preset: preset.training.batch_size),
    Row("super-resolution", "training steps", 270_000, lambda preset: preset.training.steps),
    Row("super-resolution", "EMA decay", 0.9999, lambda preset: preset.training.ema_decay),
    Row("super-resolution", "noise, largest sigma", 20, lambda preset: LARGEST_SIGMA),
    Row("super-resolution", "noise, probability", 0.5, lambda preset: NOISE_PROBABILITY),
    Row("super-resolution", "JPEG quality", (20, 80), lambda preset: JPEG_QUALITY),
    Row("super-resolution", "JPEG, probability", 0.5, lambda preset: JPEG_PROBABILITY),
    Row(
        "super-resolution", "flip", "random", lambda preset: preset.training.mirror,
        released="coded, but the script never switches it on",
    ),
    Row("super-resolution", "sampler", ("ddim", 25), lambda preset: (preset.sampling.solver, preset.sampling.steps)),
]  # fmt: skip


@pytest.mark.parametrize("name", ["paper", "released"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.model}: {row.name}")
def test_a_preset_has_what_the_paper_prints_or_a_reason(row, name):
    value = row.read(MODELS[row.model].presets[name])
    reason = getattr(row, name)
    assert (value == row.printed) is (not reason), f"{name} has {value}, the paper {row.printed}; reason: {reason!r}"
