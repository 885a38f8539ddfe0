"""The spectrogram of ESResNeXt-FBSP: frequency B-spline wavelets whose width, order and frequency were learned.

Source: Guzhov et al. 2021, "ESResNe(X)t-fbsp: Learning Robust Time-Frequency Transformation of Audio", sec. III.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

FRAME = 1654  # samples, 37.5 ms at 44.1 kHz
HOP = 561
TRANSFORM = 2048  # samples of a wavelet; frames stand in its middle, zeros around them
WAVELETS = 1025
BINS = 1023  # the two highest wavelets are dropped, so that three bands of 341 remain
BANDS = 3
_EPSILON = 1e-8


def analysis_matrix(m: Tensor, fb: Tensor, fc: Tensor, window: Tensor) -> Tensor:
    """All wavelets as one real matrix that takes raw frames, (2 * BINS, FRAME) float32: real parts, then imaginary.

    The frame's window and its zero padding to TRANSFORM samples are multiplied in, so that a spectrogram is a single
    matrix product. Everything is in float32, as the published network computes it: at bin 1,000 the phase reaches
    3,000 radians, where float64 would give other last digits, which near-silent input shows.

    Args:
        m, fb, fc: (WAVELETS,) order, bandwidth (positive) and centre frequency.
        window: (FRAME,).
    """
    t = math.pi * torch.linspace(-1, 1, TRANSFORM, device=m.device) + _EPSILON
    u = fb[:, None] * t / (m[:, None] + _EPSILON)
    s = torch.where(u == 0, 1.0, torch.sin(u) / u)
    # s^m as a complex power: a negative s has the phase pi. The magnitude of 0^0 is 1.
    magnitude = torch.sqrt(fb)[:, None] * s.square().pow(m[:, None] / 2) / math.sqrt(TRANSFORM)
    turn = torch.where(s < 0, math.pi, 0.0) * m[:, None]
    phase = fc[:, None] * t
    # exp(i turn) * exp(-i phase) by parts: adding the angles first would round the small one away.
    real = torch.cos(turn) * torch.cos(phase) + torch.sin(turn) * torch.sin(phase)
    imaginary = torch.sin(turn) * torch.cos(phase) - torch.cos(turn) * torch.sin(phase)
    before = (TRANSFORM - FRAME) // 2
    inside = slice(before, before + FRAME)
    return torch.cat([(magnitude * part)[:BINS, inside] * window for part in (real, imaginary)]).contiguous()


def cut_frames(waves: Tensor) -> Tensor:
    """Overlapping frames of (B, S) waves, (B, F, FRAME); zeros around the wave fill the last frame, half before it."""
    samples = waves.shape[-1]
    frames = 1 + max(0, math.ceil((samples - FRAME) / HOP))
    missing = (frames - 1) * HOP + FRAME - samples
    return F.pad(waves, (missing // 2, missing - missing // 2)).unfold(-1, FRAME, HOP)


def power_db(waves: Tensor, matrix: Tensor) -> Tensor:
    """Power spectrogram in dB, (B, BANDS, BINS / BANDS, F): low, middle and high frequencies are the channels.

    Args:
        waves: (B, S) float32.
        matrix: what `analysis_matrix` gives.
    """
    real, imaginary = (matrix @ cut_frames(waves).mT).chunk(2, dim=1)
    power = real.square() + imaginary.square()
    decibels = 10 * torch.log10(torch.where(power > 0, power, 1e-18))
    return decibels.reshape(len(waves), BANDS, BINS // BANDS, -1)
