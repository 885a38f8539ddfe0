"""Opening media and taking packets and frames out of it, with errors that name the file and the time."""

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
from av.container import InputContainer
from av.frame import Frame
from av.packet import Packet
from av.stream import Disposition, Stream

from avbench.errors import DataError, UsageError

Source = Path | bytes  # a media file, or one already in memory


def name_of(source: Source) -> str:
    """How messages call `source`."""
    return "<in memory>" if isinstance(source, bytes) else str(source)


def open_source(source: Source, **options: str) -> InputContainer:
    """Open `source` for reading, with options of the demuxer; the container is a context manager.

    Raises:
        UsageError: there is no such file.
        DataError: it is empty, or no media, or a file whose end is missing.
    """
    if isinstance(source, Path) and not source.is_file():
        raise UsageError(f"{source}: no such file")
    if not (len(source) if isinstance(source, bytes) else source.stat().st_size):
        raise DataError(f"{name_of(source)}: the file is empty (0 bytes); fetch or copy it again")
    try:
        # Without the whitelist, a playlist that poses as a video could make us open addresses on the network;
        # without the prefix, a colon in a file's name would be taken for one.
        return av.open(
            io.BytesIO(source) if isinstance(source, bytes) else f"file:{source}",
            mode="r",
            options={"protocol_whitelist": "file", **options},
        )
    except (av.FFmpegError, OSError) as error:
        what = "truncated or damaged so that its index is missing" if _begins_as_mp4(source) else "not a media file"
        raise DataError(f"{name_of(source)}: {what} ({_reason(error)}); fetch or export it again") from error


def pick_stream(container: InputContainer, kind: Literal["video", "audio"]) -> Any:
    """The default stream of a kind, else its first, else None; cover art is no video."""
    streams = [
        stream
        for stream in container.streams
        if stream.type == kind and not stream.disposition & Disposition.attached_pic
    ]
    return next((stream for stream in streams if stream.disposition & Disposition.default), next(iter(streams), None))


def packets(source: Source, container: InputContainer, *streams: Stream) -> Iterator["Packet[Any]"]:
    """The packets of `streams` from where the container stands; an empty packet ends each stream.

    Raises:
        DataError: the container's structure is damaged.
    """
    try:
        yield from container.demux(*streams)
    except av.FFmpegError as error:
        raise DataError(f"{name_of(source)}: cannot be read to its end ({_reason(error)}); fetch it again") from error


def decode(source: Source, packet: "Packet[Any]") -> list[Any]:
    """The frames that `packet` brings to light; the empty packet brings all that were held back.

    Raises:
        DataError: the packet or a frame is damaged.
    """
    try:
        frames: list[Any] = packet.decode()
    except av.FFmpegError as error:
        raise damage(source, time_of(packet), _reason(error)) from error
    for frame in frames:
        if frame.is_corrupt:
            raise damage(source, time_of(frame), "the decoder marks it as corrupt")
    return frames


def damage(source: Source, time: Fraction | None, reason: str) -> DataError:
    """The error for a file that opens, yet cannot be decoded at `time` seconds."""
    place = "an unknown time" if time is None else f"{float(time):.3f} s"
    return DataError(f"{name_of(source)}: damaged at {place} ({reason}); fetch it again or leave it out")


def time_of(stamped: "Packet[Any] | Frame") -> Fraction | None:
    """Presentation time in seconds on the container's clock."""
    return None if stamped.pts is None or stamped.time_base is None else stamped.pts * stamped.time_base


def snap_of(source: Source, first: "Packet[Any]") -> Fraction:
    """Seconds by which the demuxer puts pictures too early, told by a video's first packet; usually 0.

    Where an mp4's edit list begins within a frame, as in most files cut by `ffmpeg -ss ... -c copy`, libavformat snaps
    the next frame to the beginning but leaves the sound in place: picture leads sound by up to a frame.
    """
    time = time_of(first)
    if not first.is_discard or time is None:
        return Fraction(0)
    with open_source(source, advanced_editlist="0") as unsnapped:
        for packet in packets(source, unsnapped, pick_stream(unsnapped, "video")):
            if packet.pos == first.pos:
                return (time_of(packet) or time) - time
    return Fraction(0)


def _begins_as_mp4(source: Source) -> bool:
    """Whether the file has the head of an mp4, whatever became of the rest."""
    if isinstance(source, bytes):
        return source[4:8] == b"ftyp"
    with source.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
