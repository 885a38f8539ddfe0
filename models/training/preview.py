"""Previews: a grid of samples as a movie with sound, to see and hear how a training is doing."""

from collections.abc import Iterable, Mapping
from math import ceil
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchaudio.functional import resample

from avbench.clip import ClipSpec
from avbench.media.encode import encode_flac, encode_mp4, write_movie
from avbench.workspace import atomic_write
from models.model import Modality

SAMPLES = 4

_TILE = 128  # pixels; smaller samples are enlarged to about that
_BORDER = 2  # pixels
_RATE = 16_000  # Hz of the sound in a movie: players know few rates


def write_preview(stem: Path, samples: Mapping[Modality, Tensor], spec: ClipSpec) -> Path:
    """Writes samples into one file: `stem`.mp4, or .flac where there is only sound.

    All samples move side by side, once for each of them that is then heard and has a white frame. Stills are shown for
    a second.

    Args:
        samples: (B, 3, T, H, W) and (B, 1, S), nominally in [-1, 1]; either, or both. What is not a number is grey, or
            silent: a young network's samples may be anything.

    Returns:
        The file.

    Raises:
        MachineError: it cannot be written.
    """
    sound = _one_after_the_other(samples["audio"], spec) if "audio" in samples else None
    if "video" not in samples:
        assert sound is not None, "a sample has a modality"
        path = stem.with_suffix(".flac")
        atomic_write(path, encode_flac(sound, _RATE))
        return path
    path = stem.with_suffix(".mp4")
    tiles_BTHWC = _tiles(samples["video"])
    turns: Iterable[int | None] = range(len(tiles_BTHWC)) if sound is not None else [None]
    if tiles_BTHWC.shape[1] == 1:
        tiles_BTHWC = tiles_BTHWC.repeat(max(1, round(spec.fps)), axis=1)
    frames = [_grid(tiles_BHWC, heard) for heard in turns for tiles_BHWC in tiles_BTHWC.swapaxes(0, 1)]
    if sound is None:
        atomic_write(path, encode_mp4(frames, spec.fps))
    else:
        write_movie(path, frames, spec.fps, sound, _RATE)
    return path


def _tiles(video: Tensor) -> NDArray[np.uint8]:
    """(B, 3, T, H, W) -> (B, T, H', W', 3): every pixel a square of pixels, and a frame around all."""
    video_BTHWC = ((_finite(video) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 4, 1)
    factor = max(1, _TILE // video_BTHWC.shape[2])
    large = video_BTHWC.numpy().repeat(factor, axis=2).repeat(factor, axis=3)
    margin = (_BORDER, _BORDER)
    return np.pad(large, ((0, 0), (0, 0), margin, margin, (0, 0)))


def _grid(tiles_BHWC: NDArray[np.uint8], heard: int | None) -> NDArray[np.uint8]:
    """One frame of the movie: (H, W, 3), both sides even."""
    B, H, W, _ = tiles_BHWC.shape
    columns = ceil(B**0.5)
    grid = np.zeros((ceil(B / columns) * H, columns * W, 3), np.uint8)
    for index, tile in enumerate(tiles_BHWC):
        if index == heard:
            framed = np.full_like(tile, 255)
            framed[_BORDER:-_BORDER, _BORDER:-_BORDER] = tile[_BORDER:-_BORDER, _BORDER:-_BORDER]
            tile = framed
        top, left = index // columns * H, index % columns * W
        grid[top : top + H, left : left + W] = tile
    return grid[: len(grid) // 2 * 2, : grid.shape[1] // 2 * 2]


def _finite(samples: Tensor) -> Tensor:
    return samples.detach().float().cpu().nan_to_num(0, 0, 0)


def _one_after_the_other(audio: Tensor, spec: ClipSpec) -> NDArray[np.float32]:
    """(B, 1, S) -> (1, B * seconds * _RATE)."""
    audio_BS = _finite(audio)[:, 0].clamp(-1, 1)
    samples = round(spec.seconds * _RATE)
    heard_BS = resample(audio_BS, spec.sample_rate, _RATE)
    padded = torch.nn.functional.pad(heard_BS, (0, max(0, samples - heard_BS.shape[1])))[:, :samples]
    sound: NDArray[np.float32] = padded.reshape(1, -1).numpy()
    return sound
