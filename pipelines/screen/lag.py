"""By how much sound lags behind the pictures, where bursts of both clearly belong together.

What moves suddenly is often heard: a hit, a splash, a step. The curve of changes in the pictures and the curve of
onsets in the sound are laid over each other at every shift up to two seconds; the best one counts only where it stands
out. Many clips have no such event, and then nothing is said.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.screen.glance import Glance

_RATE = 50  # points of a curve in a second
_FARTHEST = 2 * _RATE  # points of shift that are tried
_CLEAR = 0.6  # correlation at the best shift; of 182 pairings of real pictures with foreign sound, 3 reached it
_SHORTEST = 3  # seconds; less gives a good correlation by chance


@dataclass(frozen=True, slots=True)
class Lag:
    """The shift at which sound and change agree best."""

    seconds: float  # positive: the sound is late
    correlation: float

    @property
    def clear(self) -> bool:
        """Whether the agreement is better than chance gives."""
        return self.correlation >= _CLEAR


def find_lag(seen: Glance, wave: NDArray[np.float32], sample_rate: int) -> Lag | None:
    """The lag between pictures and sound that start together; None where there is too little of either.

    Args:
        wave: (C, S) in [-1, 1].
    """
    points = min(int(seen.times[-1] * _RATE) if len(seen.times) else 0, wave.shape[1] * _RATE // sample_rate)
    if points < _SHORTEST * _RATE:
        return None
    moves = _standardised(np.interp(np.arange(points) / _RATE, seen.times, _bursts(seen.change)))
    heard = _standardised(_onsets(wave, sample_rate)[:points])
    shifts = range(-_FARTHEST, _FARTHEST + 1)
    agreements = [_correlation(moves, heard, shift) for shift in shifts]
    best = int(np.argmax(agreements))
    return Lag(shifts[best] / _RATE, float(agreements[best]))


def _bursts(change: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sudden growth of change; steady motion of a camera is none."""
    return np.maximum(0, np.diff(change, prepend=change[:1]))


def _onsets(wave: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64]:
    """Sudden growth of loudness, `_RATE` points in a second."""
    edges = np.arange(wave.shape[1] * _RATE // sample_rate) * sample_rate // _RATE
    energy = np.add.reduceat(np.square(wave, dtype=np.float64).mean(axis=0), edges)
    return np.maximum(0, np.diff(np.log10(energy + 1e-6), prepend=np.log10(energy[0] + 1e-6)))


def _standardised(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    smooth = np.convolve(curve, np.hanning(7) / np.hanning(7).sum(), mode="same")  # events last 0.1 s, more or less
    return np.asarray((smooth - smooth.mean()) / max(float(smooth.std()), 1e-9))


def _correlation(moves: NDArray[np.float64], heard: NDArray[np.float64], shift: int) -> float:
    """Of the curves, with the sound taken `shift` points later, over all of the shorter time."""
    if shift < 0:
        moves, heard, shift = heard, moves, -shift
    overlap = len(moves) - shift
    return float(moves[:overlap] @ heard[shift:] / len(moves))
