"""Pictures of sound: its envelope and its spectrogram, as arrays."""

import numpy as np
from numpy.typing import NDArray

LOWEST_HZ = 60.0
RANGE_DB = 70.0
_WINDOW_SECONDS = 1024 / 44_100  # of a spectrogram, rounded to a power of two samples


def envelope(audio: NDArray[np.float32], points: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The lowest and the highest value of all channels in each of at most `points` stretches, as parts of the peak.

    Args:
        audio: (C, S), S > 0.
    """
    edges = np.linspace(0, audio.shape[1], min(points, audio.shape[1]) + 1).astype(int)[:-1]
    low, high = np.minimum.reduceat(audio.min(axis=0), edges), np.maximum.reduceat(audio.max(axis=0), edges)
    peak = max(float(np.abs(audio).max()), 1e-9)
    return (low / peak).astype(np.float32), (high / peak).astype(np.float32)


def spectrogram(
    audio: NDArray[np.float32], sample_rate: int, *, columns: int, rows: int = 96
) -> NDArray[np.float64] | None:
    """(rows, columns) of power in dB below the loudest, down to -70; None where the sound is shorter than a window.

    The mean of all channels; low frequencies first, rows evenly spaced in pitch from 60 Hz to half the sample rate.

    Args:
        audio: (C, S).
    """
    size = window_size(sample_rate)
    if audio.shape[1] < size:
        return None
    wave = audio.mean(axis=0)
    starts = np.linspace(0, len(wave) - size, columns).astype(int)
    windows = np.lib.stride_tricks.sliding_window_view(wave, size)[starts] * np.hanning(size)
    power = np.abs(np.fft.rfft(windows, axis=1)) ** 2
    frequencies = np.geomspace(LOWEST_HZ, sample_rate / 2, rows)
    bins = np.fft.rfftfreq(size, 1 / sample_rate)
    pitched = np.stack([np.interp(frequencies, bins, line) for line in power])
    loudest = max(float(pitched.max()), 1e-12)
    levels: NDArray[np.float64] = 10 * np.log10(np.maximum(pitched / loudest, 10 ** (-RANGE_DB / 10)))
    return levels.T


def window_size(sample_rate: int) -> int:
    """Samples of a spectrogram's window."""
    return int(2 ** round(np.log2(_WINDOW_SECONDS * sample_rate)))
