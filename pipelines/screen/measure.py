"""What is measured of an item before it is judged: first what its packets tell, then what decoding tells."""

from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from av.video.reformatter import ColorTrc
from numpy.typing import NDArray

from avbench.media.audio import read_audio
from avbench.media.container import decode, open_source, packets, pick_stream
from avbench.media.probe import AudioStream, MediaInfo, probe
from pipelines.fingerprint import hash_pictures
from pipelines.screen.glance import Glance, glance
from pipelines.screen.lag import Lag, find_lag
from pipelines.screen.levels import Levels, measure_levels
from pipelines.screen.shots import ShotNetwork, cut_times
from pipelines.sound import are_opposed

LOOKED_AT = Fraction(600)  # seconds of an item that are decoded
_HEARD = Fraction(60)  # seconds of sound that are held in memory
_KINDS: tuple[Literal["video", "audio"], ...] = ("video", "audio")
_HDR = {ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67}  # PQ and HLG


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What packets and first frames tell. Seconds of a file count from where its first stream begins."""

    info: MediaInfo
    origin: Fraction  # where that is on the container's clock
    start: Fraction  # of the item
    seconds: Fraction  # of the item, as far as the file goes
    video_seconds: Fraction  # of pictures in the item
    audio_seconds: Fraction  # of sound in the item
    offset: Fraction  # by how much the file's sound begins later than its pictures
    video_track: int | None  # index in the file
    audio_track: int | None
    audio_tracks: int  # how many there are
    hdr: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What decoding tells; None where there is no such stream, or the rule that asks for it is off."""

    levels: Levels
    frames: int | None
    corrupt: float | None  # share of the frames
    hashes: NDArray[np.uint64] | None  # of a picture each second
    cuts: tuple[float, ...] | None  # seconds at which new shots begin
    opposed: bool | None  # the channels cancel each other out
    lag: Lag | None


def outline(path: Path, start: Fraction | None, end: Fraction | None) -> Outline:
    """Read a file's packets.

    Args:
        start, end: the item's stretch of the file, in seconds; None for its beginning and end.

    Raises:
        DataError: it is no media, truncated, or has nothing that can be decoded.
    """
    info = probe(path)
    video, audio = info.video, info.audio
    streams = [stream for stream in (video, audio) if stream is not None]
    origin = min(stream.start for stream in streams)
    begin = start or Fraction(0)
    until = max(stream.end for stream in streams) - origin
    until = min(until, end) if end is not None else until
    with open_source(path) as container:
        # While it is open: a closed container's streams are gone, and their numbers anything.
        tracks = {stream.type: stream.index for stream in map(partial(pick_stream, container), _KINDS) if stream}
        audio_tracks = len(container.streams.audio)
    return Outline(
        info=info,
        origin=origin,
        start=begin,
        seconds=max(Fraction(0), until - begin),
        video_seconds=_overlap(video.start - origin, video.end - origin, begin, until) if video else Fraction(0),
        audio_seconds=_overlap(audio.start - origin, audio.end - origin, begin, until) if audio else Fraction(0),
        offset=audio.start - video.start if audio and video else Fraction(0),
        video_track=tracks["video"] if video else None,
        audio_track=tracks["audio"] if audio else None,
        audio_tracks=audio_tracks,
        hdr=video is not None and _is_hdr(path),
    )


def content(path: Path, item: Outline, *, network: ShotNetwork | None, lag: bool) -> Content:
    """Decode up to ten minutes of an item.

    Args:
        network: finds shot boundaries; None not to look for any.
        lag: whether to look for a lag between what is heard and what moves.

    Raises:
        DataError: a filter or the sound's decoder fails on it.
    """
    seconds = min(item.seconds, LOOKED_AT)
    levels = measure_levels(path, video=item.video_track, audio=item.audio_track, start=item.start, seconds=seconds)
    seen = glance(path, item.info.video, item.origin + item.start, seconds) if item.info.video else None
    audio = item.info.audio
    wave = _sound(path, audio, item, min(seconds, _HEARD)) if audio else None
    return Content(
        levels=levels,
        frames=len(seen.frames) if seen else None,
        corrupt=seen.corrupt if seen else None,
        hashes=hash_pictures(_one_each_second(seen)) if seen else None,
        cuts=tuple(cut_times(seen.frames, seen.times, network)) if seen and network else None,
        opposed=are_opposed(wave) if wave is not None else None,
        lag=find_lag(seen, wave, audio.sample_rate) if lag and seen and audio and wave is not None else None,
    )


def _overlap(start: Fraction, end: Fraction, begin: Fraction, until: Fraction) -> Fraction:
    return max(Fraction(0), min(end, until) - max(start, begin))


def _is_hdr(path: Path) -> bool:
    with open_source(path) as container:
        stream = pick_stream(container, "video")
        for packet in packets(path, container, stream):
            for frame in decode(path, packet):
                return frame.color_trc in _HDR
    return False


def _sound(path: Path, audio: AudioStream, item: Outline, seconds: Fraction) -> NDArray[np.float32]:
    """(C, S) at the track's own rate."""
    return read_audio(path, audio, item.origin + item.start, int(seconds * audio.sample_rate), audio.sample_rate)


def _one_each_second(seen: Glance) -> NDArray[np.uint8]:
    """The first frame of each second."""
    _, firsts = np.unique(np.floor(seen.times).astype(int), return_index=True)
    return seen.frames[firsts]
