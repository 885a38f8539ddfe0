"""What a media file holds and when: exact time stamps of all frames, read from its packets without decoding them."""

import io
import os
import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from av.container import InputContainer
from av.packet import Packet

from avbench.errors import DataError
from avbench.media.container import Source as Source
from avbench.media.container import decode, name_of, open_source, packets, pick_stream, snap_of, time_of


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoStream:
    """The picture track. Times are seconds on the container's clock, exact."""

    width: int  # pixels, after rotation and with square pixels
    height: int
    frames: int
    fps: Fraction  # average
    start: Fraction  # of the first frame
    end: Fraction  # of the last frame, its duration included
    times: tuple[Fraction, ...]  # of every frame that is shown, ascending
    vfr: bool  # whether the intervals between frames differ by more than rounding
    rotation: int  # degrees counter-clockwise that make the stored picture upright: 0, 90, 180 or 270
    codec: str
    pix_fmt: str
    snap: Fraction = Fraction(0)  # seconds to add to the demuxer's time stamps; `times` have it already


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStream:
    """The sound track. Times are seconds on the container's clock, exact."""

    sample_rate: int  # Hz
    channels: int
    start: Fraction  # of the first sample that is heard (encoder priming is not)
    end: Fraction
    codec: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaInfo:
    """The tracks of a file; at least one is there."""

    video: VideoStream | None
    audio: AudioStream | None


def probe(source: Source) -> MediaInfo:
    """Describe `source`: its default (else first) picture and sound tracks; cover art does not count.

    Demuxes the whole file but decodes only until each track's first frame, which alone tells rotation,
    the true sample rate (HE-AAC) and where sound begins after priming.

    Raises:
        UsageError: there is no such file.
        DataError: it is empty, no media, truncated, or has no picture or sound that can be decoded.
    """
    with open_source(source) as container:
        streams = [stream for kind in ("video", "audio") if (stream := pick_stream(container, kind)) is not None]
        if not streams:
            raise DataError(f"{name_of(source)}: holds neither pictures nor sound; leave it out")
        _check_whole(source, container)
        tracks = {stream.index: _Track(source, stream) for stream in streams}
        for packet in packets(source, container, *streams):
            tracks[packet.stream_index].add(packet)
        found = {track.stream.type: track for track in tracks.values()}
        video = found["video"].video() if "video" in found else None
        audio = found["audio"].audio() if "audio" in found else None
    if video is None and audio is None:
        raise DataError(f"{name_of(source)}: its sound track is empty and there are no pictures; leave it out")
    return MediaInfo(video=video, audio=audio)


class _Track:
    """Gathers one stream's packets."""

    def __init__(self, source: Source, stream: Any) -> None:
        self.source = source
        self.stream = stream
        self.first: Any = None  # the first decoded frame
        self.snap: Fraction | None = None
        self.times: list[Fraction] = []
        self.end: Fraction | None = None
        self.key_time: Fraction | None = None  # of the first packet that decodes on its own

    def add(self, packet: "Packet[Any]") -> None:
        if packet.size:
            self._note(packet)
        if self.first is None and self.key_time is not None:
            self.first = next(iter(decode(self.source, packet)), None)

    def _note(self, packet: "Packet[Any]") -> None:
        time = time_of(packet)
        if time is None:
            raise DataError(
                f"{name_of(self.source)}: its {self.stream.type} packets carry no time stamps; "
                "remux it, for example with `ffmpeg -i IN -c copy OUT.mp4`"
            )
        if self.snap is None:
            self.snap = snap_of(self.source, packet) if self.stream.type == "video" else Fraction(0)
        time += self.snap
        if packet.is_keyframe and self.key_time is None:
            self.key_time = time
        if packet.is_discard:  # before an edit list's start: decoded, never shown
            return
        end = time + (packet.duration or 0) * packet.time_base
        self.end = end if self.end is None else max(self.end, end)
        if self.stream.type == "video":
            self.times.append(time)

    def video(self) -> VideoStream:
        name = name_of(self.source)
        # A recording that begins in the middle of a group of pictures: what precedes the first key frame is not shown.
        times = sorted(time for time in self.times if self.key_time is not None and time >= self.key_time)
        if self.first is None or not times or self.end is None:
            raise DataError(f"{name}: its video track has no frame that can be decoded; fetch or export it again")
        fps = self._frames_per_second(times)
        intervals = [later - earlier for earlier, later in zip(times, times[1:], strict=False)] or [1 / fps]
        # Containers round times to their tick (Matroska to 1 ms), so equal intervals differ by up to two.
        rounding = max(2 * self.stream.time_base, 1 / (10 * fps))
        vfr = max(intervals) - min(intervals) > rounding
        rotation = self._rotation()
        width, height = self._square_pixels()
        return VideoStream(
            width=height if rotation % 180 else width,
            height=width if rotation % 180 else height,
            frames=len(times),
            fps=fps,
            start=times[0],
            # Where the last duration is missing or rounded down, n evenly spaced frames still last n / fps.
            end=self.end if vfr else max(self.end, times[0] + len(times) / fps),
            times=tuple(times),
            vfr=vfr,
            rotation=rotation,
            codec=self.stream.codec_context.codec.canonical_name,
            pix_fmt=self.first.format.name,
            snap=self.snap or Fraction(0),
        )

    def audio(self) -> AudioStream | None:
        if self.first is None or self.end is None:
            return None
        start = time_of(self.first)
        assert start is not None  # its packet had a time
        return AudioStream(
            sample_rate=self.first.sample_rate,
            channels=self.first.layout.nb_channels,
            start=start,
            end=self.end,
            codec=self.stream.codec_context.codec.canonical_name,
        )

    def _frames_per_second(self, times: list[Fraction]) -> Fraction:
        """The container's own average where it fits the time stamps (it is not rounded to ticks), else theirs."""
        declared: Fraction | None = self.stream.average_rate
        span = times[-1] - times[0]
        if declared and abs(span * declared - (len(times) - 1)) < 1:
            return declared
        return (len(times) - 1) / span if span else declared or Fraction(1)

    def _rotation(self) -> int:
        rotation: int = self.first.rotation % 360
        side_data = self.first.side_data.get("DISPLAYMATRIX")
        matrix = np.eye(3) if side_data is None else np.frombuffer(bytes(side_data), np.int32).reshape(3, 3)
        if rotation % 90 or np.linalg.det(matrix[:2, :2].astype(float)) < 0:
            raise DataError(
                f"{name_of(self.source)}: is shown mirrored or at a slant (display matrix); "
                "re-encode it, for example with `ffmpeg -i IN OUT.mp4`"
            )
        return rotation

    def _square_pixels(self) -> tuple[int, int]:
        """Width and height as stored, the width scaled by the sample aspect ratio."""
        aspect: Fraction = self.stream.sample_aspect_ratio or Fraction(1)
        return max(1, round(self.first.width * aspect)), self.first.height


def _check_whole(source: Source, container: InputContainer) -> None:
    """Raises DataError if an mp4 ends within its media or index: cut short, it demuxes quietly."""
    if "mp4" not in container.format.name:
        return
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        box = 0
        while box + 8 <= size:
            file.seek(box)
            length, kind = struct.unpack(">I4s", file.read(8))
            if length == 1:  # the true length follows, in 64 bits
                length = int.from_bytes(file.read(8))
            if length < 8:  # 0: to the end of the file
                return
            box += length
            if box > size and kind in (b"mdat", b"moov", b"moof"):
                raise DataError(
                    f"{name_of(source)}: truncated at byte {size:,}, its {kind.decode()} goes on to {box:,}; "
                    "fetch it again"
                )
