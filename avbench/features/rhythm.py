"""When sounds begin and where the beat is, by librosa: what AV-Align and beat alignment hear. No weights.

Both mark frames of librosa's default grid with 1 and leave the others 0, so that rows of windows are equally long.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avbench.features.extractor import EXTRACTORS, Compute, Extractor, Forward, Switches

SAMPLE_RATE = 22_050  # Hz, librosa's default
HOP = 512  # samples from one frame to the next, librosa's default


class OnsetPeaks(Extractor):
    """Rows (1 + S // 512): 1 where a sound begins."""

    name = "onset_peaks"
    version = "1"
    modality = "audio"
    dimensions = 0  # as many as the protocol's seconds have frames
    sample_rate = SAMPLE_RATE

    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        def forward(sound: Tensor) -> Tensor:
            return torch.from_numpy(np.stack([onset_marks(wave) for wave in sound[:, 0].numpy()]))

        return forward


class Beats(Extractor):
    """Rows (1 + S // 512): 1 on the beats of the music."""

    name = "beats"
    version = "1"
    modality = "audio"
    dimensions = 0
    sample_rate = SAMPLE_RATE

    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        def forward(sound: Tensor) -> Tensor:
            return torch.from_numpy(np.stack([beat_marks(wave) for wave in sound[:, 0].numpy()]))

        return forward


def onset_marks(wave: NDArray[np.float32]) -> NDArray[np.float32]:
    """Onsets of a wave (S,) at 22,050 Hz by `librosa.onset.onset_detect` with its defaults: (1 + S // 512), 0 or 1."""
    import librosa  # slow to import, and to compile when first used

    return _marks(librosa.onset.onset_detect(y=wave, sr=SAMPLE_RATE, hop_length=HOP), len(wave))


def beat_marks(wave: NDArray[np.float32]) -> NDArray[np.float32]:
    """Beats of a wave (S,) at 22,050 Hz by `librosa.beat.beat_track` with its defaults: (1 + S // 512), 0 or 1."""
    import librosa

    _, beats = librosa.beat.beat_track(y=wave, sr=SAMPLE_RATE, hop_length=HOP)
    return _marks(beats, len(wave))


def _marks(frames: NDArray[np.integer], samples: int) -> NDArray[np.float32]:
    marks = np.zeros(1 + samples // HOP, np.float32)
    marks[frames] = 1
    return marks


EXTRACTORS.register(OnsetPeaks.name)(OnsetPeaks())
EXTRACTORS.register(Beats.name)(Beats())
