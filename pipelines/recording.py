"""A file, its sound perhaps in another one, as an open item: all of it or a stretch, whole pictures or their middle."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avbench.clipset.records import ClipMedia
from avbench.clipset.timeline import Stretch
from avbench.media.audio import read_audio
from avbench.media.probe import MediaInfo
from avbench.media.video import VideoReader
from pipelines.source import Recording


@contextlib.contextmanager
def open_recording(
    media: ClipMedia,
    duration: Fraction,
    *,
    label: str,
    meta: Mapping[str, Any],
    offset: Fraction = Fraction(0),
    crop: int | None = None,
) -> Iterator[Recording]:
    """Open the streams of `media` from their origins on.

    Args:
        duration: seconds.
        offset: where that begins in its source, in seconds.
        crop: pixels of the square in the pictures' middle that is kept; None keeps all. A smaller picture gives the
            largest square that it has; one that is square already is cropped no further.

    Raises:
        DataError: they cannot be opened.
    """
    with contextlib.ExitStack() as stack:
        reader = None
        if media.video is not None and media.info_video is not None:
            reader = stack.enter_context(VideoReader(media.video, media.info_video))
        yield _FileRecording(media, duration, reader, label, meta, offset, crop)


class _FileRecording(Recording):
    def __init__(
        self,
        media: ClipMedia,
        duration: Fraction,
        reader: VideoReader | None,
        label: str,
        meta: Mapping[str, Any],
        offset: Fraction,
        crop: int | None,
    ) -> None:
        self.stretch = Stretch(media.video_origin, media.audio_origin, duration)
        self.offset = offset
        self.label = label
        self.meta = meta
        self._media = media
        self._reader = reader
        video = media.info_video
        self._side: int | None = None
        if video is not None and crop is not None and video.width != video.height:
            self._side = min(crop, video.width, video.height)
            video = replace(video, width=self._side, height=self._side)
        self.info = MediaInfo(video=video, audio=media.info_audio)

    def frames(self, times: Sequence[Fraction]) -> Iterator[NDArray[np.uint8]]:
        assert self._reader is not None, "the item has pictures"
        frames = self._reader.each_frame_at([self.stretch.video_origin + time for time in times])
        return frames if self._side is None else (_middle(frame, self._side) for frame in frames)

    def sound(self, start: Fraction, samples: int, sample_rate: int) -> NDArray[np.float32]:
        assert self._media.audio is not None and self._media.info_audio is not None, "the item has sound"
        at = self.stretch.audio_origin + start
        return read_audio(self._media.audio, self._media.info_audio, at, samples, sample_rate)


def _middle(frame: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """(H, W, 3) -> (side, side, 3), from the middle; of 1920x1080, a side of 1024 begins at x 448, y 28."""
    top, left = (frame.shape[0] - side) // 2, (frame.shape[1] - side) // 2
    return frame[top : top + side, left : left + side]
