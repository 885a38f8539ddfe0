"""Degradation: from a real picture to the small and damaged one that the upsampler is to take it from.

The damage (MM-Diffusion, Table A.1) makes up for what a generated 64x64 picture lacks of a reduced real one. The
network is not told how a picture was damaged.

The released loader departs from the paper: noise is neither clipped nor rounded, so that a noisy picture that skips
JPEG leaves the 8-bit range; and JPEG takes RGB for BGR, so that it spares blue as it should red.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avbench.media.jpeg import through_jpeg
from avbench.media.resize import resize
from models.super_resolution.config import Degradation

NOISE_PROBABILITY = 0.5
LARGEST_SIGMA = 20.0  # levels of 0..255
JPEG_PROBABILITY = 0.5
JPEG_QUALITY = (20, 80)  # the upper end excluded


def bicubic(picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """(H, W, 3) -> (size, size, 3), bicubic without antialias, rounded: OpenCV's `resize` with INTER_CUBIC."""
    picture_CHW = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1).float()
    return _to_bytes(resize(picture_CHW[None], size, size, antialias=False)[0].permute(1, 2, 0).numpy())


def degrade(
    picture: NDArray[np.uint8], generator: np.random.Generator, *, degradation: Degradation = "paper"
) -> NDArray[np.float32]:
    """Gaussian noise, then JPEG, each with probability 0.5. Source: MM-Diffusion, Table A.1.

    Noise has one sigma per picture, uniform in [0, 20] levels, and is drawn per pixel and channel; JPEG has a whole
    quality from 20 to 79.

    Args:
        picture: (H, W, 3), RGB.

    Returns:
        (H, W, 3), levels of 0..255: whole and in range, except "released" noise without JPEG.
    """
    damaged = picture.astype(np.float32)
    if generator.random() < NOISE_PROBABILITY:
        sigma = generator.uniform(0, LARGEST_SIGMA)
        damaged = damaged + np.float32(sigma) * generator.standard_normal(picture.shape, np.float32)
        if degradation == "paper":
            damaged = _to_bytes(damaged).astype(np.float32)
    if generator.random() < JPEG_PROBABILITY:
        quality = int(generator.integers(*JPEG_QUALITY))
        order = slice(None, None, -1 if degradation == "released" else 1)  # of the colours
        damaged = through_jpeg(_to_bytes(damaged)[..., order], quality)[..., order].astype(np.float32)
    return damaged


def to_signed(picture: NDArray[np.uint8] | NDArray[np.float32]) -> Tensor:
    """(..., H, W, 3) in levels of 0..255 -> (..., 3, H, W) float32, nominally in [-1, 1]."""
    levels = torch.from_numpy(np.ascontiguousarray(picture)).movedim(-1, -3)
    return (levels.float() / 127.5 - 1).contiguous()


def to_levels(picture: Tensor) -> NDArray[np.uint8]:
    """(..., 3, H, W) in [-1, 1] -> (..., H, W, 3) uint8, rounded; what lies outside is clipped."""
    levels = ((picture.detach().cpu().float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return levels.movedim(-3, -1).contiguous().numpy()


def _to_bytes(levels: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))
