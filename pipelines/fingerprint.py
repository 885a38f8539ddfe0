"""What pictures and sounds look and sound like in a few bits, the same after re-encoding and scaling.

Sources: for pictures, the DCT hash of Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash
Functions", section 3.2.1; for sound, Haitsma & Kalker 2002, "A Highly Robust Audio Fingerprinting System", section 4.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

PICTURE_BITS = 64
SOUND_BITS = 32

_PLAIN = 4.0  # standard deviation of grey levels, of 255: below it a picture shows nothing that could be recognised

SOUND_RATE = 6_000  # Hz; the fingerprint hears 300 to 2,000 Hz, and common rates are quickly brought down to this one
SOUND_HOP = 64  # samples from one word to the next, 10.7 ms
_SOUND_WINDOW = 2_048  # samples, 0.34 s
_BANDS = np.geomspace(300, 2_000, SOUND_BITS + 2)  # Hz; edges of 33 bands
_QUIET = 1e-3  # root mean square of a window; below it there is nothing to recognise

_GREY = np.array([0.299, 0.587, 0.114], np.float32)


def hash_pictures(frames: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """One word per picture that shows something: the signs of its 64 lowest frequencies against their median.

    Args:
        frames: (T, H, W, 3) RGB, some tens of pixels high and wide; all sizes give comparable words.

    Returns:
        (T',) words, plain pictures (black, white) left out: all of them look alike.
    """
    grey_THW = frames.astype(np.float32) @ _GREY
    grey_THW = grey_THW[grey_THW.std(axis=(1, 2)) >= _PLAIN]
    if not len(grey_THW):
        return np.zeros(0, np.uint64)
    # Without the first row and column: they tell brightness and its slope, which grading and vignettes change.
    waves_TF = scipy.fft.dctn(grey_THW, axes=(1, 2))[:, 1:9, 1:9].reshape(-1, PICTURE_BITS)
    return _pack(waves_TF > np.median(waves_TF, axis=1, keepdims=True)).view(">u8").astype(np.uint64).ravel()


def fingerprint_sound(wave: NDArray[np.float32]) -> "SoundPrint":
    """Words of 32 bits, one each 10.7 ms: whether the step of energy between bands grows or shrinks in time.

    Args:
        wave: (S,) in [-1, 1] at `SOUND_RATE`.
    """
    count = (len(wave) - _SOUND_WINDOW) // SOUND_HOP + 1
    if count < 2:
        return SoundPrint(np.zeros(0, np.uint32), np.zeros(0, bool))
    windows = np.lib.stride_tricks.sliding_window_view(wave, _SOUND_WINDOW)[::SOUND_HOP]
    power = np.abs(scipy.fft.rfft(windows * np.hanning(_SOUND_WINDOW).astype(np.float32), axis=1)) ** 2
    edges = np.searchsorted(scipy.fft.rfftfreq(_SOUND_WINDOW, 1 / SOUND_RATE), _BANDS)
    energy = np.add.reduceat(power, edges, axis=1)[:, :-1]
    step = np.diff(energy, axis=1)
    words = _pack(np.diff(step, axis=0) > 0).view(">u4").astype(np.uint32).ravel()
    loud = np.sqrt(np.square(windows).mean(axis=1)) >= _QUIET
    return SoundPrint(words, loud[1:])


@dataclass(frozen=True, slots=True)
class SoundPrint:
    """Words (n,) of a sound, and whether each heard anything."""

    words: NDArray[np.uint32]
    loud: NDArray[np.bool_]


def agreement(words: NDArray[np.uint64], others: NDArray[np.uint64], bits: int) -> float:
    """Share of the words of the shorter side that have one on the other side at most `bits` bits away; 0 if none."""
    if not len(words) or not len(others):
        return 0.0
    near = np.bitwise_count(words[:, None] ^ others[None, :]) <= bits
    return float(near.any(axis=1).mean() if len(words) <= len(others) else near.any(axis=0).mean())


def to_text(words: Sequence[int] | NDArray[np.uint64]) -> str:
    """Words as hexadecimal digits, for tables."""
    return " ".join(f"{int(word):016x}" for word in words)


def from_text(text: str) -> NDArray[np.uint64]:
    """What `to_text` wrote."""
    return np.array([int(word, 16) for word in text.split()], np.uint64)


def _pack(bits: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.packbits(bits, axis=1))
