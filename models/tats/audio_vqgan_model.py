"""The VQGAN of sound as a model: what the 2-stage pipeline of the paper's Table 5 hears with.

Presets: `paper` is the command that an author of the released code gives, for the paper's 1.6 s at 16 kHz, `base` the
same on one GPU, `released` the network in the published files, `tiny` one that trains on a CPU.
"""

import dataclasses
import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from torch import Tensor, nn

from models.config import RunConfig
from models.model import Modality, Preset, Tensors
from models.registry import MODELS
from models.tats.config import PAPER_AUDIO_VQGAN, TINY_AUDIO_VQGAN, AudioVqganConfig
from models.tats.spectrogram import sound_patches
from models.tats.video_vqgan_model import TatsVqgan
from models.tats.vqgan_model import VqganModel

logger = logging.getLogger(__name__)

# MM-Diffusion says of its second stage that it is TATS's audio-to-video model, and no more. An author of the released
# code (songweige/TATS at 03bbce1) gives the command in its issue 17: 1,024 codes, tokens of 4 x 8 x 8, batch
# normalisation, no restarts; L1 4, LPIPS 4 of one frame's patch, no adversarial and no feature loss; batches of 6 on
# each of 8 GPUs, accumulated over 2, which are 96; Adam with betas 0.5 and 0.9 at 3e-5 * 2 * 6 / 4 = 9e-5, clipped to
# norm 1, no schedule, no average of weights. Micro-batches apart, that is what the VQGAN of video has.
# Ours: what a patch is computed from (`models.tats.spectrogram`), since that was never published; the first channel of
# stereo, as for DiffWave, whose sound this is to hear; 46,000 steps, as of the VQGAN of video. Memory is counted, not
# measured.
_PAPER = dataclasses.replace(
    TatsVqgan.presets["paper"],
    network=PAPER_AUDIO_VQGAN,
    training=dataclasses.replace(TatsVqgan.presets["paper"].training, channel="left"),
    sample_gib=0.25,
)
_BASE = dataclasses.replace(_PAPER, training=dataclasses.replace(_PAPER.training, accumulation=12))
_TINY = dataclasses.replace(
    TatsVqgan.presets["tiny"],
    network=TINY_AUDIO_VQGAN,
    training=dataclasses.replace(TatsVqgan.presets["tiny"].training, steps=600),
)


class TatsAudioVqgan(VqganModel):
    """Source: Ge et al. 2022, "Long Video Generation with Time-Agnostic VQGAN and Time-Sensitive Transformer"."""

    modalities: ClassVar[tuple[Modality, ...]] = ("audio",)
    network_config: ClassVar[type] = AudioVqganConfig
    presets: ClassVar[Mapping[str, Preset]] = MappingProxyType(
        {"paper": _PAPER, "base": _BASE, "released": _PAPER, "tiny": _TINY}
    )
    channels: ClassVar[int] = 1
    reach: ClassVar[float] = 1.0  # where that of video has 0.5: as in the released loader
    transformer: ClassVar[str] = "tats-audio"

    def from_published(self, state_dict: Tensors, config: RunConfig) -> nn.Module:
        warn_of_the_feature()
        return super().from_published(state_dict, config)

    def seen(self, batch: Tensors, config: RunConfig) -> Tensor:
        settings: AudioVqganConfig = config.network
        return sound_patches(batch["audio"], config.spec, columns=settings.columns, bands=settings.bands)


def warn_of_the_feature() -> None:
    """Tells what published weights lack."""
    logger.warning(
        "nobody has published from what spectrograms the released networks of sound were trained; given avbench's, "
        "their tokens mean little before they are trained further"
    )


MODELS.register("tats-audio-vqgan")(TatsAudioVqgan())
