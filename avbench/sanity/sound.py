"""Corruptions of the sound. All take (1, S) in [-1, 1] at `rate` samples a second and give the same."""

from fractions import Fraction

import numpy as np
import torch
from torch import Tensor
from torchaudio.functional import phase_vocoder, resample

from avbench.sanity.corruptions import corruption


@corruption("white-noise", modality="audio", strengths=(0.1, 0.3, 1.0, 3.0), unit="RMS of the noise / of the sound")
def white_noise(sound: Tensor, strength: float, rate: float, randomness: np.random.Generator) -> Tensor:
    """White noise as loud, relative to each window, as `strength` says."""
    hiss = torch.from_numpy(randomness.standard_normal(sound.shape, np.float32))
    return (sound + strength * sound.square().mean().sqrt() * hiss).clamp(-1, 1)


@corruption("low-pass", modality="audio", strengths=(2, 3, 4, 5), unit="octaves below 16 kHz from which on it is cut")
def low_pass(sound: Tensor, strength: float, rate: float, randomness: np.random.Generator) -> Tensor:
    """Nothing is left above 16 kHz / 2^strength: a wall, since a gentle filter leaves much of what it should cut."""
    spectrum = torch.fft.rfft(sound)
    frequencies = torch.fft.rfftfreq(sound.shape[-1], 1 / rate)
    kept: Tensor = torch.fft.irfft(spectrum * (frequencies < 16_000 / 2**strength), sound.shape[-1])
    return kept.clamp(-1, 1)


@corruption("clipping", modality="audio", strengths=(6, 12, 18, 30), unit="dB of overload")
def clipping(sound: Tensor, strength: float, rate: float, randomness: np.random.Generator) -> Tensor:
    """The sound is amplified by `strength` and cut off at its former peak, as by a microphone that is overloaded."""
    peak = float(sound.abs().max())
    return (sound * 10 ** (strength / 20)).clamp(-peak, peak)


@corruption("pitch-shift", modality="audio", strengths=(1, 2, 4, 8), unit="semitones up")
def pitch_shift(sound: Tensor, strength: float, rate: float, randomness: np.random.Generator) -> Tensor:
    """All pitches rise, the tempo stays: the sound is stretched by a phase vocoder, then played faster."""
    # torchaudio's own pitch_shift resamples by ratios such as 44100 : 35002, which takes it a minute.
    ratio = Fraction(2 ** (strength / 12)).limit_denominator(50)  # within 2 cents
    size = 2 ** round(np.log2(rate / 20))  # 50 ms tell the harmonics of a voice apart
    window, hop = torch.hann_window(size), size // 4
    longer = torch.nn.functional.pad(sound, (0, size), mode="reflect")  # what is stretched comes out a little short
    spectrum = torch.stft(longer, size, hop, window=window, return_complex=True)
    advance = torch.linspace(0, torch.pi * hop, spectrum.shape[1])[:, None]
    stretched = torch.istft(phase_vocoder(spectrum, float(1 / ratio), advance), size, hop, window=window)
    shifted: Tensor = resample(stretched, ratio.numerator, ratio.denominator)
    return shifted[:, : sound.shape[-1]].clamp(-1, 1)


@corruption("silence", modality="audio", strengths=(0.25, 0.5, 0.75, 1.0), unit="share of the window that is silent")
def silence(sound: Tensor, strength: float, rate: float, randomness: np.random.Generator) -> Tensor:
    """The end of the window is silent."""
    kept = sound.shape[-1] - round(strength * sound.shape[-1])
    return torch.cat([sound[:, :kept], torch.zeros_like(sound[:, kept:])], dim=1)


@corruption(
    "audio-video-shift", modality="audio", strengths=(0.1, 0.2, 0.4, 0.8), unit="seconds by which sound is late"
)
def audio_video_shift(sound: Tensor, strength: float, rate: float, randomness: np.random.Generator) -> Tensor:
    """The sound comes late, and its end stands at its beginning: the window's own sound, but for one seam."""
    return sound.roll(round(strength * rate), -1)
