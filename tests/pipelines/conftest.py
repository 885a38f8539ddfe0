"""Small videos with sound, made on the spot."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from avbench.media.encode import encode_flac, encode_mp4, write_movie

Movie = Callable[..., Path]


@pytest.fixture
def movie() -> Movie:
    """Writes an mp4 whose frames get lighter by 5 each tenth of a second, with a click in each second."""

    def write(
        path: Path,
        *,
        seconds: float = 2,
        fps: int = 10,
        size: tuple[int, int] = (48, 64),
        sound: bool = True,
        sample_rate: int = 44_100,
        channels: int = 2,
    ) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        shades = [(5 * (10 * k // fps)) % 250 for k in range(round(seconds * fps))]
        frames = [np.full((*size, 3), shade, np.uint8) for shade in shades]
        if sound:
            write_movie(path, frames, Fraction(fps), clicks(seconds, sample_rate, channels), sample_rate)
        else:
            path.write_bytes(encode_mp4(frames, Fraction(fps)))
        return path

    return write


@pytest.fixture
def soundtrack() -> Callable[..., Path]:
    """Writes clicks, one in each second, as FLAC."""

    def write(path: Path, *, seconds: float = 2, sample_rate: int = 44_100, channels: int = 1) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_flac(clicks(seconds, sample_rate, channels), sample_rate))
        return path

    return write


def clicks(seconds: float, sample_rate: int, channels: int) -> np.ndarray:
    sound = np.zeros((channels, round(seconds * sample_rate)), np.float32)
    for begin in range(0, sound.shape[1], sample_rate):
        burst = sound[:, begin : begin + sample_rate // 50]
        burst[:] = 0.5 * np.sin(np.arange(burst.shape[1]) * 2 * np.pi * 2000 / sample_rate)
    return sound
