"""Media made for a test: frames that carry their own number, a flash with its click, and ffmpeg to twist them."""

import subprocess
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray

BITS = 8


@pytest.fixture(scope="session")
def ffmpeg() -> Callable[..., bytes]:
    """Runs the real ffmpeg; returns what it wrote to standard output."""

    def run(*arguments: Any) -> bytes:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-y", "-loglevel", "error", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, timeout=60, check=True).stdout

    return run


@pytest.fixture(scope="session")
def numbered() -> Callable[..., NDArray[np.uint8]]:
    """A (64, 128, 3) picture that shows `number` as black and white bars, plain enough for any codec."""

    def picture(number: int) -> NDArray[np.uint8]:
        bars = [255 * (number >> bit & 1) for bit in range(BITS)]
        row = np.repeat(np.array(bars, np.uint8), 128 // BITS)
        return np.ascontiguousarray(np.broadcast_to(row[None, :, None], (64, 128, 3)))

    return picture


@pytest.fixture(scope="session")
def number_of() -> Callable[[NDArray[np.uint8]], int]:
    """The number that a `numbered` picture of any size shows."""

    def read(picture: NDArray[np.uint8]) -> int:
        bars = picture.mean(axis=(0, 2)).reshape(BITS, -1)
        return sum(1 << bit for bit in range(BITS) if bars[bit].mean() > 127)

    return read


@pytest.fixture(scope="session")
def make_movie() -> Callable[..., Path]:
    """Writes pictures at given times and sound from a given time on, in any container that PyAV can write."""

    def write(
        path: Path,
        pictures: Sequence[NDArray[np.uint8]] = (),
        times: Sequence[Fraction] = (),
        audio: NDArray[np.float32] | None = None,
        sample_rate: int = 48_000,
        audio_start: Fraction = Fraction(0),
        *,
        video_codec: str = "libx264",
        audio_codec: str = "aac",
        pix_fmt: str = "yuv420p",
        time_base: Fraction = Fraction(1, 90_000),
        format: str | None = None,
        codec_options: dict[str, str] | None = None,
    ) -> Path:
        with av.open(str(path), "w", format=format) as container:
            streams: list[tuple[Any, list[Any]]] = []
            if len(pictures):
                video: Any = container.add_stream(video_codec, rate=30)
                video.height, video.width = pictures[0].shape[:2]
                video.pix_fmt, video.codec_context.time_base = pix_fmt, time_base
                video.codec_context.options = codec_options or {}
                frames = [av.VideoFrame.from_ndarray(picture, format="rgb24") for picture in pictures]
                for frame, time in zip(frames, times, strict=True):
                    frame.pts, frame.time_base = round(time / time_base), time_base
                streams.append((video, frames))
            if audio is not None:
                layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(audio)]
                sound: Any = container.add_stream(audio_codec, rate=sample_rate, layout=layout)
                block = av.AudioFrame.from_ndarray(np.ascontiguousarray(audio), format="fltp", layout=layout)
                block.sample_rate, block.time_base = sample_rate, Fraction(1, sample_rate)
                block.pts = round(audio_start * sample_rate)
                streams.append((sound, [block]))
            for stream, items in streams:
                for item in [*items, None]:
                    container.mux(stream.encode(item))
        return path

    return write
