"""The 3D-VQGAN as a model: what TATS, row 3 of the paper's Tables 1 and 2, learns first.

Presets: `paper` is the released code's training command for the paper's 64 x 64 frames, `base` the same on one GPU,
`released` its published networks of 128 x 128 frames, `tiny` one that trains on a CPU.
"""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from torch import Tensor

from avbench.clip import ClipSpec
from models.config import RunConfig, SamplingConfig, TrainingConfig
from models.model import Modality, Preset, Tensors
from models.registry import MODELS
from models.tats.config import PAPER_VQGAN, TINY_VQGAN, VqganConfig
from models.tats.vqgan_model import VqganModel

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


class TatsVqgan(VqganModel):
    """Source: Ge et al. 2022, "Long Video Generation with Time-Agnostic VQGAN and Time-Sensitive Transformer"."""

    modalities: ClassVar[tuple[Modality, ...]] = ("video",)
    network_config: ClassVar[type] = VqganConfig
    presets: ClassVar[Mapping[str, Preset]] = MappingProxyType(
        {"paper": _PAPER, "base": _BASE, "released": _RELEASED, "tiny": _TINY}
    )
    channels: ClassVar[int] = 3
    reach: ClassVar[float] = 0.5
    transformer: ClassVar[str] = "tats"

    def seen(self, batch: Tensors, config: RunConfig) -> Tensor:
        return self.reach * batch["video"]


MODELS.register("tats-vqgan")(TatsVqgan())
