"""Corruptions of the picture. All take (3, T, S, S) in [0, 1] and give the same."""

from math import ceil

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms.v2.functional import gaussian_blur

from avbench.sanity.corruptions import corruption


@corruption("noise", modality="video", strengths=(0.05, 0.1, 0.2, 0.4), unit="standard deviation, white = 1")
def noise(picture: Tensor, strength: float, rate: float, randomness: np.random.Generator) -> Tensor:
    """Gaussian noise, independent in every pixel, colour and frame."""
    grain = torch.from_numpy(randomness.standard_normal(picture.shape, np.float32))
    return (picture + strength * grain).clamp(0, 1)


@corruption("blur", modality="video", strengths=(0.01, 0.02, 0.04, 0.08), unit="sigma, share of the picture's side")
def blur(picture: Tensor, strength: float, rate: float, randomness: np.random.Generator) -> Tensor:
    """Gaussian blur."""
    sigma = strength * picture.shape[-1]
    frames_TCHW = picture.transpose(0, 1)
    blurred_TCHW: Tensor = gaussian_blur(frames_TCHW, 2 * ceil(3 * sigma) + 1, sigma)
    return blurred_TCHW.transpose(0, 1)


@corruption("frame-shuffle", modality="video", strengths=(0.125, 0.25, 0.5, 1.0), unit="share of frames that move")
def frame_shuffle(picture: Tensor, strength: float, rate: float, randomness: np.random.Generator) -> Tensor:
    """Some frames change places; each of them moves, and no frame is lost."""
    frames = picture.shape[1]
    moving = randomness.permutation(frames)[: max(2, round(strength * frames))]  # one alone could not move
    order = np.arange(frames)
    order[moving] = np.roll(moving, 1)
    return picture[:, order]


@corruption("frame-drop", modality="video", strengths=(0.25, 0.5, 0.75, 1.0), unit="share of frames dropped")
def frame_drop(picture: Tensor, strength: float, rate: float, randomness: np.random.Generator) -> Tensor:
    """Frames are dropped and the one before stands on; at 1 the picture freezes at its first frame."""
    frames = picture.shape[1]
    dropped = 1 + randomness.permutation(frames - 1)[: round(strength * (frames - 1))]
    shown = np.arange(frames)
    shown[dropped] = 0
    return picture[:, np.maximum.accumulate(shown)]


@corruption("black", modality="video", strengths=(0.25, 0.5, 0.75, 1.0), unit="share of the window that is black")
def black(picture: Tensor, strength: float, rate: float, randomness: np.random.Generator) -> Tensor:
    """The last frames are black."""
    kept = picture.shape[1] - round(strength * picture.shape[1])
    return torch.cat([picture[:, :kept], torch.zeros_like(picture[:, kept:])], dim=1)
