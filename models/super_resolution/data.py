"""Training data of the upsampler: single frames of a clip set, large and small."""

import logging
from dataclasses import replace

import numpy as np
from torch import Tensor

from avbench.clipset import ClipSet
from models.clip_examples import ClipExamples
from models.config import RunConfig
from models.super_resolution.config import SuperResolutionConfig
from models.super_resolution.degrade import bicubic, degrade, to_levels, to_signed

logger = logging.getLogger(__name__)

_LOSSLESS = "ffv1"  # what `avbench prepare --lossless` stores


class PicturePairs:
    """Training examples: a random frame of a clip, letterboxed to the upsampler's size, and its small, damaged copy.

    Frames are mirrored as `config.training.mirror` says: the paper's way is "random", with probability 0.5. They are
    brought to the large size with antialiasing, which the released loader lacks.

    Raises:
        DataError: no clip of the split has a picture, or there is no such split.
    """

    def __init__(self, clipset: ClipSet, config: RunConfig) -> None:
        self._network: SuperResolutionConfig = config.network
        spec = replace(config.spec, frames=1, size=self._network.size)
        self._frames = ClipExamples(
            clipset, spec, modalities=["video"], split=config.split, mirror=config.training.mirror
        )
        warn_of_poor_pictures(clipset, self._network.size)

    def __len__(self) -> int:
        return len(self._frames)

    def read(self, index: int, generator: np.random.Generator) -> dict[str, Tensor]:
        """A pair from usable clip `index`.

        Returns:
            "high": (3, S, S), "low": (3, s, s); float32, 8-bit levels as v / 127.5 - 1.

        Raises:
            DataError: the clip cannot be decoded.
        """
        high = self._frames.read(index, generator)["video"][:, 0]
        small = bicubic(to_levels(high), self._network.low_size)
        low = degrade(small, generator, degradation=self._network.degradation)
        return {"high": high.contiguous(), "low": to_signed(low)}


def warn_of_poor_pictures(clipset: ClipSet, size: int) -> None:
    """Warns where pictures are compressed or too small: an upsampler learns that as well."""
    sides = [max(record.width, record.height) for record in clipset.records]
    if small := sum(side < size for side in sides):
        logger.warning(
            "%s: %d of %d clips are smaller than %d pixels; enlarged, they teach blur",
            clipset.path,
            small,
            len(sides),
            size,
        )
    info = clipset.media(int(np.argmax(sides)), audio=False).info_video
    if clipset.kind == "shards" and info is not None and info.codec != _LOSSLESS:
        logger.warning(
            "%s: its pictures went through H.264 at crf 15, which leaves them 38.7 dB from their source at 256 pixels, "
            "and an upsampler learns that too; train it on frames from lossless (`avbench prepare --lossless`) or "
            "source-quality shards, or on the folder of the source videos itself",
            clipset.path,
        )
