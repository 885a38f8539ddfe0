"""A stretch of a video as small pictures, every frame of it, and how many of them could not be decoded."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from avbench.features.transnetv2 import HEIGHT, WIDTH
from avbench.media.container import open_source, packets, pick_stream, time_of
from avbench.media.probe import VideoStream


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What was seen.

    Attributes:
        frames: (T, 27, 48, 3) RGB uint8; the aspect is squeezed, not kept.
        times: (T,) seconds from the beginning of the stretch.
        corrupt: share of the frames that could not be decoded, or not without damage.
    """

    frames: NDArray[np.uint8]
    times: NDArray[np.float64]
    corrupt: float

    @property
    def change(self) -> NDArray[np.float64]:
        """(T,) mean absolute change to each frame from the one before, of 255; 0 for the first."""
        steps = np.abs(np.diff(self.frames.astype(np.int16), axis=0)).mean(axis=(1, 2, 3))
        return np.concatenate([np.zeros(1), steps])


def glance(path: Path, info: VideoStream, begin: Fraction, seconds: Fraction) -> Glance:
    """Decode the frames in [begin, begin + seconds), on the container's clock.

    Raises:
        DataError: the file's structure is damaged, so that not all packets can be read.
    """
    frames: list[NDArray[np.uint8]] = []
    times: list[float] = []
    damaged = 0
    reformatter = VideoReformatter()  # one for all: to set one up takes longer than to use it
    width, height = (HEIGHT, WIDTH) if info.rotation % 180 else (WIDTH, HEIGHT)
    for time, frame in _decoded(path, info, begin, begin + seconds):
        if frame is None:
            damaged += 1
            continue
        small = reformatter.reformat(frame, width, height, "rgb24", interpolation="AREA", threads=1).to_ndarray()
        frames.append(np.rot90(small, info.rotation // 90))
        times.append(float(time - begin))
    return Glance(
        frames=np.stack(frames) if frames else np.zeros((0, HEIGHT, WIDTH, 3), np.uint8),
        times=np.array(times),
        corrupt=damaged / max(1, damaged + len(frames)),
    )


def _decoded(path: Path, info: VideoStream, begin: Fraction, end: Fraction) -> Iterator[tuple[Fraction, Any]]:
    """Frames with their times; None for a frame that is damaged."""
    with open_source(path) as container:
        stream = pick_stream(container, "video")
        stream.codec_context.thread_count = 1  # work runs in parallel over items
        if begin > info.start:
            container.seek(floor((begin - info.snap) / stream.time_base), stream=stream)
        last = begin
        for packet in packets(path, container, stream):
            try:
                found = packet.decode()
            except av.FFmpegError:
                time = time_of(packet)
                if time is None or begin <= time + info.snap < end:
                    yield last, None
                continue
            for frame in found:
                time = time_of(frame)
                last = last if time is None else time + info.snap
                if last >= end:
                    return
                if last >= begin:
                    yield last, None if frame.is_corrupt else frame
