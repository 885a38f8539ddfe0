"""The sound of a clip as it is stored: 44.1 kHz, one or two channels, 16 bits, sample 0 with frame 0."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avbench.clipset.clipset import Channel
from avbench.errors import DataError
from avbench.media.audio import mix_down
from avbench.media.encode import encode_flac
from pipelines.cut import Span
from pipelines.source import Recording

SAMPLE_RATE = 44_100  # Hz; lower rates are made when a clip is read

_SILENCE = 1e-3  # root mean square of a tenth of a second, -60 dBFS

_OPPOSED = 0.05  # of the louder channel: less is left of a mix whose channels cancel each other out

_HALF = 0.5**0.5  # a centre or surround channel goes to each side at -3 dB (ITU-R BS.775)
_LEFT, _RIGHT, _BOTH, _NONE = (1, 0), (0, 1), (_HALF, _HALF), (0, 0)
_LEFT_SIDE, _RIGHT_SIDE = (_HALF, 0), (0, _HALF)

# What each channel gives to left and right, in FFmpeg's default layout for that number of channels. The effects
# channel is left out, as players do.
_STEREO_GAINS = {
    3: (_LEFT, _RIGHT, _NONE),  # 2.1
    4: (_LEFT, _RIGHT, _BOTH, _BOTH),  # 4.0: front, centre, back
    5: (_LEFT, _RIGHT, _BOTH, _LEFT_SIDE, _RIGHT_SIDE),
    6: (_LEFT, _RIGHT, _BOTH, _NONE, _LEFT_SIDE, _RIGHT_SIDE),  # 5.1
    7: (_LEFT, _RIGHT, _BOTH, _NONE, _BOTH, _LEFT_SIDE, _RIGHT_SIDE),  # 6.1
    8: (_LEFT, _RIGHT, _BOTH, _NONE, _LEFT_SIDE, _RIGHT_SIDE, _LEFT_SIDE, _RIGHT_SIDE),  # 7.1
}


@dataclass(frozen=True, slots=True)
class StoredSound:
    """A FLAC file and what is in it."""

    data: bytes
    samples: int
    channels: int
    rms: float
    silent_fraction: float  # share of tenths of a second below -60 dBFS
    downmixed: bool
    opposed: bool  # its original's two channels cancel each other out


def encode_sound(recording: Recording, span: Span, channel: Channel) -> StoredSound:
    """The sound of a recording in `span`; a part of a sample at its end is dropped.

    Raises:
        DataError: it cannot be decoded, or there is not even a sample.
    """
    samples = int(span.duration * SAMPLE_RATE)
    if samples == 0:
        raise DataError("it lasts less than a sample of sound; leave it out")
    audio = recording.sound(span.start, samples, SAMPLE_RATE)
    stored = store_channels(audio, channel)
    blocks = np.array_split(np.square(stored, dtype=np.float64), max(1, 10 * samples // SAMPLE_RATE), axis=1)
    silent = [bool(np.sqrt(block.mean()) < _SILENCE) for block in blocks]
    return StoredSound(
        data=encode_flac(stored, SAMPLE_RATE),
        samples=samples,
        channels=len(stored),
        rms=float(np.sqrt(np.square(stored, dtype=np.float64).mean())),
        silent_fraction=sum(silent) / len(silent),
        downmixed=len(audio) > 2,
        opposed=are_opposed(audio),
    )


def are_opposed(audio: NDArray[np.float32]) -> bool:
    """Whether the two channels of (2, S) are each other's mirror, so that their mix is silent."""
    if len(audio) != 2:
        return False
    loudest = np.square(audio, dtype=np.float64).mean(axis=1).max()
    return bool(loudest > 0 and np.square(audio.mean(axis=0, dtype=np.float64)).mean() < _OPPOSED**2 * loudest)


def store_channels(audio: NDArray[np.float32], channel: Channel) -> NDArray[np.float32]:
    """The channels that a clip stores: one for "left" and "mix"; one or two, surround mixed down, for "native".

    A mix of two channels that cancel each other out would be silence; the first of them is taken instead.

    Args:
        audio: (C, S) in [-1, 1]. More channels than 8 have no layout that could be known: the first two are taken.

    Returns:
        (1 or 2, S), scaled down as a whole where mixing would clip.
    """
    if channel != "native":
        return mix_down(audio, "left" if are_opposed(audio) else channel)
    gains = _STEREO_GAINS.get(len(audio))
    if gains is None:
        return audio[:2]
    stereo = np.array(gains, np.float32).T @ audio
    return stereo / np.float32(max(1.0, np.abs(stereo).max(initial=0)))
