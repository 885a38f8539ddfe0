"""A second of picture or sound through each codec that clip sets are written with, and back."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np

_FRAMES = 10
_RATE = 44_100


@dataclass(frozen=True, slots=True)
class Trial:
    """A codec in the container it is used in."""

    name: str
    container: str
    encoder: str
    attempt: Callable[[str, str], None]

    def run(self) -> None:
        """Writes and reads in memory.

        Raises:
            Exception: of any kind, where the codec is missing or broken.
        """
        self.attempt(self.container, self.encoder)


def _picture(container: str, encoder: str) -> None:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as writer:
        stream = writer.add_stream(encoder, rate=Fraction(10))
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for level in range(_FRAMES):
            picture = np.full((64, 64, 3), 20 * level, dtype=np.uint8)
            writer.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        writer.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as reader:
        levels = [float(frame.to_ndarray(format="gray").mean()) for frame in reader.decode(video=0)]
    if len(levels) != _FRAMES or levels != sorted(levels):
        raise ValueError(f"{_FRAMES} frames of rising brightness came back as {len(levels)} frames {levels}")


def _sound(container: str, encoder: str) -> None:
    file = io.BytesIO()
    wave = (20_000 * np.sin(2 * np.pi * 440 * np.arange(_RATE) / _RATE)).astype(np.int16)
    with av.open(file, "w", format=container) as writer:
        stream = writer.add_stream(encoder, rate=_RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
        frame.sample_rate = _RATE
        for resampled in av.AudioResampler(stream.format, "mono", _RATE, stream.frame_size).resample(frame):
            writer.mux(stream.encode(resampled))
        writer.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as reader:
        decoded = np.concatenate([frame.to_ndarray().ravel() for frame in reader.decode(audio=0)])
    if len(decoded) < 0.9 * _RATE or not np.abs(decoded).max() > 0:
        raise ValueError(f"a second of a tone came back as {len(decoded)} samples")


TRIALS = (
    Trial("H.264", "mp4", "libx264", _picture),
    Trial("FFV1", "matroska", "ffv1", _picture),
    Trial("AAC", "mp4", "aac", _sound),
    Trial("FLAC", "flac", "flac", _sound),
)
