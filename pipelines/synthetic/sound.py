"""What a strike sounds like: a few decaying partials that begin between samples, at the exact instant of the impact."""

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 44_100  # Hz
_ROOM_TONE = 0.0015  # standard deviation of the room tone, in full scale: -56 dB
_KNOCK_SECONDS = 0.0012  # decay of the noise with which a strike begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """One strike: the truth that a clip is made from."""

    time: float  # seconds from the start of the clip
    x: float  # where the bodies touch, in sides of the picture from its left edge
    y: float  # the same from its top edge
    pitch_hz: float  # frequency of the lowest partial, which is the loudest
    loudness: float  # amplitude of that partial at the impact, in full scale

    @property
    def pan(self) -> float:
        """-1 at the left edge of the picture, where only the left channel sounds, to 1 at the right."""
        return 2 * self.x - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """How a body rings: partials relative to the lowest one."""

    ratios: tuple[float, ...]  # frequencies
    amplitudes: tuple[float, ...]
    seconds: float  # time in which the lowest partial falls to 1/e; the partial of ratio r falls r**0.7 times faster
    knock: float  # amplitude of the noise at the impact, relative to the lowest partial


RUBBER = Material(ratios=(1, 2.02, 3.1), amplitudes=(1, 0.3, 0.12), seconds=0.13, knock=0.5)
IVORY = Material(ratios=(1, 2.74, 5.2), amplitudes=(1, 0.45, 0.2), seconds=0.06, knock=0.9)
STEEL = Material(ratios=(1, 2.76, 5.4, 8.93), amplitudes=(1, 0.5, 0.3, 0.12), seconds=0.3, knock=0.5)
WATER = Material(ratios=(1, 1.52), amplitudes=(1, 0.25), seconds=0.07, knock=0.4)
ROSEWOOD = Material(ratios=(1, 3.93, 9.2), amplitudes=(1, 0.22, 0.07), seconds=0.24, knock=0.35)
PLANK = Material(ratios=(1, 2.4, 4.1), amplitudes=(1, 0.4, 0.2), seconds=0.045, knock=0.7)


def gains(pan: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """(2, ...) amplitudes of left and right for `pan` in [-1, 1]; their power sums to 1."""
    angle = (np.asarray(pan) + 1) * np.pi / 4
    return np.stack([np.cos(angle), np.sin(angle)])


def strikes(
    impacts: tuple[Impact, ...], material: Material, samples: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """(2, samples) stereo: every impact from its instant on. Nothing of a strike sounds before it."""
    audio = np.zeros((2, samples))
    for impact in impacts:
        first = ceil(impact.time * SAMPLE_RATE)
        length = min(samples - first, int(7 * material.seconds * SAMPLE_RATE))
        # Time since the impact, not since the first sample after it: the partials begin between two samples.
        elapsed = np.arange(first, first + length) / SAMPLE_RATE - impact.time
        voice = material.knock * np.exp(-elapsed / _KNOCK_SECONDS) * rng.uniform(-1, 1, size=length)
        for ratio, amplitude in zip(material.ratios, material.amplitudes, strict=True):
            decay = np.exp(-elapsed * ratio**0.7 / material.seconds)
            voice += amplitude * decay * np.sin(2 * np.pi * ratio * impact.pitch_hz * elapsed)
        audio[:, first : first + length] += impact.loudness * gains(impact.pan)[:, None] * voice
    return audio


def coloured_noise(samples: int, slope: float, rng: np.random.Generator, *, above: float = 40.0) -> NDArray[np.float64]:
    """Noise with standard deviation 1 whose power spectrum falls as 1/f**slope, silent below `above` Hz."""
    frequencies = np.fft.rfftfreq(samples, 1 / SAMPLE_RATE)
    spectrum = rng.normal(size=len(frequencies)) + 1j * rng.normal(size=len(frequencies))
    spectrum *= np.where(frequencies < above, 0, np.maximum(frequencies, above) ** (-slope / 2))
    noise: NDArray[np.float64] = np.fft.irfft(spectrum, samples)
    noise /= noise.std()
    return noise


def room_tone(samples: int, slope: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """(2, samples) of the soft noise that no recording is without."""
    return _ROOM_TONE * np.stack([coloured_noise(samples, slope, rng) for _ in range(2)])
