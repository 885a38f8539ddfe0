"""Loudness of a window's sound, in LUFS: a column of the table of clips. No weights."""

import math
from pathlib import Path

import torch
from torch import Tensor
from torchaudio.functional import loudness

from avbench.errors import DataError
from avbench.features.extractor import EXTRACTORS, Compute, Extractor, Forward, Switches

SILENCE = -70.0  # LUFS: the recommendation's absolute gate, below which nothing counts
_SHORTEST = 0.4  # seconds, the recommendation's block
_HEADROOM = 0.25  # torchaudio's filters cut off at 1, and the weighting adds 4 dB and more


class Loudness(Extractor):
    """Rows (1): integrated loudness of the one channel that the protocol hears."""

    name = "loudness"
    version = "1"
    modality = "audio"
    dimensions = 1
    sample_rate = 44_100

    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        def forward(sound: Tensor) -> Tensor:
            return torch.tensor([[integrated_loudness(wave, self.sample_rate)] for wave in sound])

        return forward


def integrated_loudness(wave: Tensor, sample_rate: int) -> float:
    """Integrated loudness of a wave (1, S) in [-1, 1], in LUFS; -70 for silence and all that is quieter.

    Raises:
        DataError: it is shorter than 0.4 s.

    Source: ITU-R BS.1770-4, as torchaudio has it.
    """
    if wave.shape[-1] < _SHORTEST * sample_rate:
        raise DataError(f"{wave.shape[-1] / sample_rate:g} s of sound have no loudness; it takes {_SHORTEST} s")
    # A wave with so high a peak has its gate 12 dB higher, far below anything that counts in it.
    gain = _HEADROOM if float(wave.abs().max()) > _HEADROOM else 1.0
    lufs = float(loudness(gain * wave, sample_rate)) - 20 * math.log10(gain)
    # Where every block is gated, torchaudio takes the mean of none.
    return SILENCE if math.isnan(lufs) else max(lufs, SILENCE)


EXTRACTORS.register(Loudness.name)(Loudness())
