"""One chain for every clip of a study: the same container, codecs, size, rates, duration and treatment of loudness."""

import os
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import ffmpeg
import numpy as np
from numpy.typing import NDArray

from avbench.clip import Clip, ClipSpec
from avbench.errors import DataError
from avbench.media.audio import mix_down
from avbench.media.filters import Loudness, loudness_in, run_ffmpeg
from avbench.workspace import atomic_file
from reports.study.study import Media

_LIMIT = 300.0  # seconds that ffmpeg may take for a clip on a busy machine
_CRF, _MOST_BITS = 17, 1_500_000  # per second: noise must not grow the files of all others, which are padded to it
_AUDIO_BITS_PER_SAMPLE = 4  # 64 kbit/s at 16 kHz: AAC of one channel takes no more than 6 there
_PEAK_DBFS = -1.0  # above it codecs clip
_FILE_TIME = 946_684_800  # 1 January 2000: all files have one time


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """What can be measured on an encoded clip without watching it."""

    video_bytes: int  # of the coded pictures, without container
    audio_bytes: int
    seconds: float
    width: int
    height: int
    frames: int
    sample_rate: int
    channels: int
    loudness_lufs: float | None  # None for silence
    peak_dbfs: float | None
    tags: str  # all metadata of container and streams


def media_of(spec: ClipSpec, loudness_lufs: float) -> Media:
    """What the chain makes of clips of `spec`."""
    return Media(
        size=spec.size,
        fps=float(spec.fps),
        frames=spec.frames,
        seconds=float(spec.seconds),
        sample_rate=spec.sample_rate,
        channels=1,
        loudness_lufs=loudness_lufs,
        container="mp4",
        video_codec="H.264",
        audio_codec="AAC",
    )


def encode_clip(path: Path, clip: Clip, media: Media) -> MediaFacts:
    """Write a clip as raters get it, whole or not at all, and measure what came out.

    Sound is mixed to one channel and brought to the study's loudness by one gain, less where its peak would clip;
    silence stays silent. Nothing of the source's metadata is kept.

    Args:
        clip: (frames, size, size, 3) and (C, S), at the rates of `media`.

    Raises:
        DataError: the clip lacks picture or sound, or ffmpeg cannot encode it.
        MachineError: `path` cannot be written.
    """
    if clip.video is None or clip.audio is None:
        raise DataError(f"{clip.key}: it has no {'picture' if clip.video is None else 'sound'}; a study needs both")
    sound = mix_down(clip.audio, "mix").astype("<f4")
    gain = _gain_db(_loudness_of(sound, media.sample_rate), media.loudness_lufs)
    with atomic_file(path) as temporary, tempfile.NamedTemporaryFile(dir=path.parent, suffix=".f32") as raw:
        raw.write(sound.tobytes())
        raw.flush()
        try:
            graph = _graph(Path(raw.name), temporary, media, gain)
            run_ffmpeg(graph, limit=_LIMIT, given=np.ascontiguousarray(clip.video).tobytes())
            facts = measure(temporary)
        except DataError as error:
            raise DataError(f"{clip.key}: {error}") from None
    return facts


def measure(path: Path) -> MediaFacts:
    """The facts of an encoded clip.

    Raises:
        DataError: it cannot be read.
    """
    loudness = _loudness_of_file(path)
    try:
        with av.open(f"file:{path}") as container:
            video, audio = container.streams.video[0], container.streams.audio[0]
            sizes = {stream.index: 0 for stream in (video, audio)}
            frames = 0
            for packet in container.demux(video, audio):
                sizes[packet.stream.index] += packet.size
                frames += packet.stream is video and packet.size > 0
            tags = [container.metadata, video.metadata, audio.metadata]
            return MediaFacts(
                video_bytes=sizes[video.index],
                audio_bytes=sizes[audio.index],
                seconds=(container.duration or 0) / av.time_base,
                width=video.width,
                height=video.height,
                frames=frames,
                sample_rate=audio.rate,
                channels=audio.channels,
                tags="; ".join(f"{name}={value}" for tag in tags for name, value in sorted(tag.items())),
                loudness_lufs=loudness.lufs,
                peak_dbfs=loudness.peak_dbfs,
            )
    except (av.FFmpegError, IndexError) as error:
        raise DataError(f"{path}: what was encoded cannot be read ({error}); give the command again") from error


def pad_alike(encoded: dict[str, Path], folder: Path) -> int:
    """Copy encoded clips to `folder`/<clip id>.mp4 so that all files have one size and one time; returns the size.

    What is added is a box of zeros at the end, which players pass over. File sizes are what a browser shows of a clip
    before it plays: noise, blur and real pictures would differ by factors.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # The smallest box is its header of 8 bytes: even the largest file gets one.
    size = max(path.stat().st_size for path in encoded.values()) + 8
    for clip_id, path in encoded.items():
        missing = size - path.stat().st_size
        goal = folder / f"{clip_id}.mp4"
        with atomic_file(goal) as temporary:
            box = missing.to_bytes(4, "big") + b"free" + bytes(missing - 8)
            temporary.write_bytes(path.read_bytes() + box)
        os.utime(goal, (_FILE_TIME, _FILE_TIME))
    return size


def _graph(sound: Path, out: Path, media: Media, gain_db: float) -> Any:
    size, rate = f"{media.size}x{media.size}", str(Fraction(media.fps).limit_denominator(1001))
    pictures = ffmpeg.input("pipe:", format="rawvideo", pix_fmt="rgb24", s=size, framerate=rate)
    pictures = pictures.filter("scale", in_range="full", out_range="tv", out_color_matrix="bt709")
    pictures = pictures.filter("format", "yuv420p")
    heard = ffmpeg.input(f"file:{sound}", format="f32le", ar=media.sample_rate, ac=media.channels)
    heard = heard.filter("volume", f"{gain_db:.4f}dB", precision="float")
    colours = {"colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709", "color_range": "tv"}
    options = {
        "format": "mp4",
        "vcodec": "libx264",
        "preset": "medium",
        "crf": _CRF,
        "maxrate": _MOST_BITS,
        "bufsize": _MOST_BITS // 2,
        "g": max(1, round(media.fps)),
        # x264's output depends on its threads, and its macroblock tree reads memory that nobody wrote.
        "threads": 1,
        "x264-params": "mbtree=0",
        "acodec": "aac",
        "audio_bitrate": _AUDIO_BITS_PER_SAMPLE * media.sample_rate,
        "map_metadata": -1,
        "fflags": "+bitexact",
        "flags": "+bitexact",
        "movflags": "+faststart",
        "bsf:v": "filter_units=remove_types=6",  # where x264 writes its version and settings
    }
    return ffmpeg.output(pictures, heard, f"file:{out}", **options, **colours).overwrite_output()


def _gain_db(loudness: Loudness, target_lufs: float) -> float:
    if loudness.lufs is None:
        return 0.0
    peak = loudness.peak_dbfs if loudness.peak_dbfs is not None else _PEAK_DBFS
    return min(target_lufs - loudness.lufs, _PEAK_DBFS - peak)


def _loudness_of(sound: NDArray[np.float32], sample_rate: int) -> Loudness:
    source = ffmpeg.input("pipe:", format="f32le", ar=sample_rate, ac=len(sound))
    return _measured(source.audio, sound.tobytes())


def _loudness_of_file(path: Path) -> Loudness:
    return _measured(ffmpeg.input(f"file:{path}").audio, b"")


def _measured(sound: Any, given: bytes) -> Loudness:
    graph = sound.filter("ebur128", peak="true", framelog="verbose").output("-", format="null")
    return loudness_in(run_ffmpeg(graph, limit=_LIMIT, given=given))
