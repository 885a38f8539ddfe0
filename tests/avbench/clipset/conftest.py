"""Small videos with sound, and small clip sets, made on the spot."""

import hashlib
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from avbench.clipset import ClipRecord, Failure
from avbench.clipset.write import ShardWriter, StoredClip
from avbench.media.encode import encode_flac, encode_mp4

Movie = Callable[..., Path]


@pytest.fixture
def movie() -> Movie:
    """Writes a Matroska file: grey frames that get lighter by 20 every tenth of a second, and a tone."""

    def write(
        path: Path,
        *,
        seconds: float = 2,
        video_start: float = 0,
        audio_start: float | None = 0,
        sample_rate: int = 16_000,
        size: tuple[int, int] = (48, 64),
    ) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w", format="matroska") as container:
            video = container.add_stream("ffv1", rate=10)
            video.height, video.width, video.pix_fmt = *size, "bgr0"
            video.codec_context.time_base = Fraction(1, 1000)
            audio = container.add_stream("flac", rate=sample_rate, layout="mono") if audio_start is not None else None
            for k in range(round(seconds * 10)):
                array = np.full((*size, 3), 20 * (k % 12), np.uint8)
                frame = av.VideoFrame.from_ndarray(array, format="rgb24").reformat(format="bgr0")
                frame.pts, frame.time_base = round(1000 * video_start) + 100 * k, Fraction(1, 1000)
                container.mux(video.encode(frame))
            if audio is not None:
                samples = _tone(seconds, sample_rate)
                sound = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
                sound.pts, sound.sample_rate = round(audio_start * sample_rate), sample_rate
                sound.time_base = Fraction(1, sample_rate)
                container.mux(audio.encode(sound))
                container.mux(audio.encode())
            container.mux(video.encode())
        return path

    return write


@pytest.fixture
def tone() -> Callable[..., Path]:
    """Writes a tone as FLAC, whatever the file is called."""

    def write(path: Path, *, seconds: float = 2, sample_rate: int = 16_000) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_flac(_tone(seconds, sample_rate).astype(np.float32) / 32768, sample_rate))
        return path

    return write


def _tone(seconds: float, sample_rate: int) -> np.ndarray:
    times = np.arange(round(seconds * sample_rate)) / sample_rate
    return (8000 * np.sin(2 * np.pi * 440 * times)).astype(np.int16)[None]


@pytest.fixture
def stored() -> Callable[..., StoredClip]:
    """Encodes a clip as shards hold it: 1.6 s, its grey told by `shade`."""

    def make(key: str, *, split: str = "train", shade: int = 0, start: Fraction = Fraction(0)) -> StoredClip:
        frames = [np.full((48, 64, 3), 20 * shade, np.uint8)] * 16
        members = {
            "mp4": encode_mp4(frames, Fraction(10)),
            "flac": encode_flac(_tone(1.6, 44_100).astype(np.float32) / 32768, 44_100),
            "json": json.dumps({"key": key}).encode(),
        }
        record = ClipRecord(
            key=key,
            split=split,
            label="grey",
            source=f"{key}.mp4",
            sha256=hashlib.sha256(members["mp4"]).hexdigest(),
            duration=Fraction(8, 5),
            frames=16,
            fps=Fraction(10),
            width=64,
            height=48,
            sample_rate=44_100,
            channels=1,
            source_fps=Fraction(30_000, 1001),
            source_channels=2,
            meta={"prompt": "a grey wall, “humming”", "seed": 3},
        )
        return StoredClip(record, members, start)

    return make


@pytest.fixture
def shards(tmp_path: Path, stored: Callable[..., StoredClip]) -> Path:
    """A clip set of four clips, one of them for testing, in two shards."""
    folder = tmp_path / "set"
    with ShardWriter(folder) as writer:
        for clip in (stored("t", split="test", shade=1), *(stored(key, shade=k) for k, key in enumerate("abc", 2))):
            writer.add(clip)
        writer.finish(
            name="greys",
            items=5,
            failures=[Failure("bad, worse.mp4", "probe", "empty", 'it says "no"')],
            fit="native",
            channel="native",
            made={"source": "test"},
        )
    return folder
