"""Pictures by time: the frame that is on show at each instant, upright, with square pixels, as RGB."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import chain, groupby
from math import floor
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from av.container import InputContainer
from av.frame import Frame
from av.packet import Packet
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from avbench.errors import DataError, UsageError
from avbench.media.container import Source, damage, decode, open_source, packets, pick_stream, time_of
from avbench.media.probe import VideoStream

_NEAR = 1  # seconds; a key frame less far ahead is reached as fast by decoding on
_FAR = 10  # seconds; a jump farther than this is worth a seek even where the file has no index
_MARGINS = (0, 2, 20)  # seconds to seek before the goal: without an index, a seek lands up to a key frame late


class VideoReader:
    """Reads frames of one video by time, exactly: a frame is known by its time stamp, not by count or seek.

    Successive calls with ascending times go on decoding where the last one stopped. Memory holds a frame, and what
    `frames_at` returns. Decoding takes one thread: work runs in parallel over clips.
    """

    _container: InputContainer
    _stream: Any
    _from_start: bool  # whether decoding began at the start of the file, not after a seek
    _counts: bool  # whether frames are known by their number, not by their time stamp
    _key_time: Fraction | None  # where decoding began
    _frames: Iterator[tuple[Fraction, Any]]  # still to come
    _passed: Fraction | None  # time of the newest frame that has come
    _current: Any  # that frame

    def __init__(self, source: Source, info: VideoStream) -> None:
        """`info` is what `probe` said of `source`. Raises what `open_source` raises."""
        self._source = source
        self._info = info
        self._wanted: frozenset[Fraction] = frozenset()  # times of the frames that the call under way shows
        self._last_wanted = info.start  # the greatest of them
        self._reformatter = VideoReformatter()  # one for all: to set one up takes longer than to use it
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    def frames_at(self, times: Sequence[Fraction]) -> list[NDArray[np.uint8]]:
        """As `each_frame_at`, all at once; times that show the same frame share one array."""
        return list(self.each_frame_at(times))

    def each_frame_at(self, times: Sequence[Fraction]) -> Iterator[NDArray[np.uint8]]:
        """The last frame at or before each time; the first frame for times before it.

        Knowing all times, it decodes no frame that is neither shown nor needed by another: to ask for the frames of a
        clip in one call takes a third less work than to ask for each. One call must be used up before the next.

        Args:
            times: seconds on the container's clock, ascending.

        Yields:
            (H, W, 3) RGB arrays, H and W as in `info`. Higher bit depths are rounded to 8 bits; HDR is not tone-mapped.

        Raises:
            UsageError: the times descend.
            DataError: the file is damaged on the way; the message says where.
        """
        if any(later < earlier for earlier, later in zip(times, times[1:], strict=False)):
            raise UsageError("the times to read frames at must ascend; sort them")
        shown = self._info.times
        targets = [shown[max(0, bisect_right(shown, time) - 1)] for time in times]
        self._wanted = frozenset(targets)
        self._last_wanted = targets[-1] if targets else self._info.start
        for target, same in groupby(targets):
            picture = self._picture(self._frame_at(target))
            for _ in same:
                yield picture

    def _frame_at(self, target: Fraction) -> Any:
        if self._should_seek(target):
            self._seek(target)
        if not self._from_start:
            try:
                return self._decode_to(target)
            except DataError:
                # Some packets call themselves key frames and are not; from the start there is no doubt.
                self._start_over()
        try:
            return self._decode_to(target)
        except DataError:
            self._start_over()  # the frames passed over on the way must not be missed by the next call
            raise

    def _decode_to(self, target: Fraction) -> Any:
        while self._passed is None or self._passed < target:
            time_and_frame = next(self._frames, None)
            if time_and_frame is None:
                break
            self._passed, self._current = time_and_frame
        if self._passed != target:
            raise damage(self._source, target, "its frame is missing")
        return self._current

    def _should_seek(self, target: Fraction) -> bool:
        if self._passed is not None and target < self._passed:
            return True
        position = self._info.start if self._passed is None else self._passed
        if target - position > _FAR:
            return True
        index = self._stream.index_entries
        entry = index.search_timestamp(self._ticks(target))
        return entry >= 0 and bool(index[entry].timestamp > self._ticks(position + _NEAR))

    def _seek(self, target: Fraction) -> None:
        """Stand at a key frame at or before `target`; at the start of the file if none is found otherwise."""
        if not self._counts:
            for margin in _MARGINS:
                try:
                    self._container.seek(self._ticks(target - margin), stream=self._stream)
                except av.FFmpegError:
                    break
                self._begin()
                if self._key_time is not None and self._key_time <= target:
                    self._from_start = False
                    return
        self._start_over()

    def _start_over(self) -> None:
        self._container.close()
        self._open()

    def _open(self) -> None:
        self._container = open_source(self._source)
        self._stream = pick_stream(self._container, "video")
        self._stream.codec_context.thread_count = 1
        self._from_start = True
        # AVI stamps frames in the order of decoding, which B-frames shuffle; but the n-th frame out has the n-th time.
        self._counts = self._container.format.name == "avi"
        self._begin()

    def _begin(self) -> None:
        """Decode from the next key frame on."""
        coming = packets(self._source, self._container, self._stream)
        key = next((packet for packet in coming if packet.is_keyframe), None)
        self._key_time = None if key is None else self._info.start if self._counts else self._time_of(key)
        self._passed = None
        self._frames = self._decoded([] if key is None else chain([key], coming))

    def _decoded(self, coming: Iterable["Packet[Any]"]) -> Iterator[tuple[Fraction, Any]]:
        """Frames with their times, ascending, without those before the key frame: they lack what they refer to."""
        times = iter(self._info.times)
        for packet in coming:
            self._stream.codec_context.skip_frame = "NONREF" if self._is_passed_over(packet) else "DEFAULT"
            for frame in decode(self._source, packet):
                time = next(times, None) if self._counts else self._time_of(frame)
                if time is not None and self._key_time is not None and time >= self._key_time:
                    yield time, frame

    def _is_passed_over(self, packet: "Packet[Any]") -> bool:
        """Whether the call under way goes on beyond this frame without showing it.

        Where no other frame refers to it, it need not be decoded: a sixth of the work for 10 of 30 frames a second.
        """
        time = self._time_of(packet)
        return not self._counts and time is not None and time < self._last_wanted and time not in self._wanted

    def _time_of(self, stamped: "Packet[Any] | Frame") -> Fraction | None:
        time = time_of(stamped)
        return None if time is None else time + self._info.snap

    def _ticks(self, time: Fraction) -> int:
        """`time` as the demuxer counts, rounded down."""
        time_base: Fraction = self._stream.time_base
        return floor((time - self._info.snap) / time_base)

    def _picture(self, frame: Any) -> NDArray[np.uint8]:
        turned = self._info.rotation % 180 == 90
        width, height = (self._info.height, self._info.width) if turned else (self._info.width, self._info.height)
        rgb = self._reformatter.reformat(frame, width, height, "rgb24", interpolation="BICUBIC", threads=1).to_ndarray()
        return np.ascontiguousarray(np.rot90(rgb, self._info.rotation // 90))
