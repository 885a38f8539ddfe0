"""A second of picture or sound through each codec that avbench writes, and back."""

import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

from avbench.errors import DataError
from avbench.media.audio import read_audio
from avbench.media.container import Source
from avbench.media.encode import encode_flac, encode_mp4, write_movie
from avbench.media.probe import probe
from avbench.media.video import VideoReader

_FPS = Fraction(10)
_RATE = 44_100
_FRAMES = [np.full((64, 64, 3), 20 * level, dtype=np.uint8) for level in range(10)]
_TONE = (np.sin(2 * np.pi * 440 * np.arange(_RATE) / _RATE)[None] / 2).astype(np.float32)


def _try_h264() -> None:
    _see(encode_mp4(_FRAMES, _FPS))


def _try_ffv1() -> None:
    _see(encode_mp4(_FRAMES, _FPS, lossless=True))


def _try_flac() -> None:
    _hear(encode_flac(_TONE, _RATE))


def _try_aac() -> None:
    with tempfile.TemporaryDirectory(prefix="avbench-") as folder:
        movie = Path(folder) / "movie.mp4"
        write_movie(movie, _FRAMES, _FPS, _TONE, _RATE)
        _hear(movie)


# Each raises an exception of any kind where its codec is missing or broken.
CODEC_TRIALS: dict[str, Callable[[], None]] = {
    "H.264": _try_h264,
    "FFV1": _try_ffv1,
    "AAC": _try_aac,
    "FLAC": _try_flac,
}


def _see(source: Source) -> None:
    stream = probe(source).video
    if stream is None:
        raise DataError("what was written holds no picture")
    with VideoReader(source, stream) as reader:
        levels = [float(frame.mean()) for frame in reader.frames_at(stream.times)]
    if not np.allclose(levels, [frame.mean() for frame in _FRAMES], atol=3):
        raise DataError(f"ten frames of rising brightness came back as {levels}")


def _hear(source: Source) -> None:
    stream = probe(source).audio
    if stream is None:
        raise DataError("what was written holds no sound")
    tone = read_audio(source, stream, stream.start, _RATE, _RATE)
    if not np.allclose(tone.std(), _TONE.std(), rtol=0.1):
        raise DataError(f"a tone of loudness {_TONE.std():.3f} came back with {tone.std():.3f}")
