"""What the upsampler gains over bicubic enlargement, on real pictures whose large originals are known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avbench.clip import ClipSpec
from avbench.clipset import ClipSet
from avbench.errors import DataError
from avbench.media.resize import fit
from avbench.progress import Progress, silent
from avbench.seeds import stream
from models.super_resolution.degrade import bicubic, to_levels, to_signed
from models.super_resolution.unet import SuperResolutionUNet
from models.super_resolution.upscale import STEPS, upscale

_AT_ONCE = 16  # pictures


@dataclass(frozen=True, slots=True)
class Comparison:
    """Peak signal-to-noise ratios in dB, one for each picture.

    Distortion is only half of the story: a sharp guess of what cannot be known costs decibels, blur does not. The other
    half is FVD.
    """

    upscaled_db: tuple[float, ...]
    bicubic_db: tuple[float, ...]


def compare_with_bicubic(
    network: SuperResolutionUNet,
    clipset: ClipSet,
    *,
    pictures: int,
    steps: int = STEPS,
    seed: int = 0,
    split: str = "test",
    progress: Progress = silent,
) -> Comparison:
    """Reduces real pictures, enlarges them again both ways, and compares with the originals.

    Pictures are random frames, letterboxed to the network's size, of as many clips as possible; they are reduced by
    bicubic interpolation without antialias as in training, but not damaged. Black bars do not count.

    Args:
        network: in evaluation mode.
        clipset: real clips, whose pictures should be at least as large as the network's.
        pictures: how many.
        split: which clips to take where the set has several splits.

    Raises:
        DataError: no clip of the split has a picture.
    """
    upscaled_db: list[float] = []
    bicubic_db: list[float] = []
    clips = _clips(clipset, split, seed)
    for begin in range(0, pictures, _AT_ONCE):
        numbers = range(begin, min(begin + _AT_ONCE, pictures))
        generators = [stream(seed, "compare", "picture", number) for number in numbers]
        chosen = [clips[number % len(clips)] for number in numbers]
        highs = [
            _random_frame(clipset, clip, network.config.size, generator)
            for clip, generator in zip(chosen, generators, strict=True)
        ]
        lows = [bicubic(high, network.config.low_size) for high in highs]
        for clip, high, low, upscaled in zip(
            chosen, highs, lows, _upscaled(network, lows, generators, steps), strict=True
        ):
            area = _picture_area(clipset, clip, network.config.size)
            upscaled_db.append(psnr(high[area], upscaled[area]))
            bicubic_db.append(psnr(high[area], bicubic(low, network.config.size)[area]))
        progress("comparing with bicubic", len(upscaled_db), pictures)
    return Comparison(tuple(upscaled_db), tuple(bicubic_db))


def psnr(original: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio of two arrays of 8-bit levels, in dB; infinite where they are equal."""
    error = float(np.mean((original.astype(np.float64) - other.astype(np.float64)) ** 2))
    return 10 * float(np.log10(255**2 / error)) if error else float("inf")


def _clips(clipset: ClipSet, split: str, seed: int) -> list[int]:
    """Numbers of the clips with a picture, shuffled: those of `split`, where there is more than one split."""
    several = len({record.split for record in clipset.records}) > 1
    clips = [int(clip) for clip in clipset.order(seed, split if several else None) if clipset.records[clip].has_video]
    if not clips:
        raise DataError(f'{clipset.path}: no clip of the split "{split}" has a picture; choose a set of videos')
    return clips


def _random_frame(clipset: ClipSet, clip: int, size: int, generator: np.random.Generator) -> NDArray[np.uint8]:
    """(size, size, 3), any frame of the clip with the same probability."""
    record = clipset.records[clip]
    start = int(generator.integers(max(1, int(record.duration * record.fps)))) / record.fps
    video = clipset.clip(clip, start, ClipSpec(frames=1, fps=record.fps, size=size), audio=False).video
    assert video is not None, "the clip has a picture"
    return np.asarray(video[0])


def _upscaled(
    network: SuperResolutionUNet,
    lows: Sequence[NDArray[np.uint8]],
    generators: Sequence[np.random.Generator],
    steps: int,
) -> NDArray[np.uint8]:
    """(B, H, W, 3); each picture starts from the noise of its generator."""
    device, size = next(network.parameters()).device, network.config.size
    noise_BCHW = np.stack([generator.standard_normal((3, size, size), np.float32) for generator in generators])
    video_BCTHW = to_signed(np.stack(lows))[:, :, None]
    out_BCTHW = upscale(network, video_BCTHW.to(device), torch.from_numpy(noise_BCHW).to(device), steps=steps)
    return to_levels(out_BCTHW[:, :, 0])


def _picture_area(clipset: ClipSet, clip: int, size: int) -> NDArray[np.bool_]:
    """(size, size): where a letterboxed frame of the clip is picture, not bar."""
    record = clipset.records[clip]
    white: Tensor = fit(torch.ones(1, 1, record.height, record.width), size, how="letterbox", antialias=True)
    return np.asarray(white[0, 0].numpy() > 0.5)
