"""The pictures of a clip as they are stored: on an even grid of times, small, and encoded one after the other."""

import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from math import ceil
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avbench.clipset.clipset import Fit
from avbench.media.encode import encode_mp4
from avbench.media.resize import fit, resize_pictures
from pipelines.ahead import ahead
from pipelines.cut import Span
from pipelines.source import Recording
from pipelines.storage import Storage

SIDE = 256  # pixels of the stored short side; smaller pictures are not enlarged
SMALL_SIDE = 64  # pixels, both sides, of the array that training reads

_CHUNK_PIXELS = 2**20  # of the original, worked on at once: 12 MB as floats; more is slower, as caches overflow
_AHEAD = 4  # frames that are decoded while another is encoded
_LARGEST_TERM = 1001  # of a stored rate; real ones go up to 60000/1001, and averages of uneven video have no end
_STILL = 0.5  # mean change from frame to frame, of 255, that nobody sees


@dataclass(frozen=True, slots=True)
class StoredPictures:
    """An encoded video and what is in it."""

    data: bytes
    frames: int
    fps: Fraction
    width: int
    height: int
    still: bool
    small: bytes | None  # .npy of (T, 64, 64, 3) uint8


def encode_pictures(recording: Recording, span: Span, storage: Storage) -> StoredPictures:
    """The pictures of a recording in `span`. Memory holds some frames, the small ones and the encoded file.

    Frame k shows the instant k / fps of the clip: the last frame at or before it. At the original's own rate it is the
    nearest one, since there the containers' rounded times (1 ms in Matroska) would double one frame and drop the next.

    Raises:
        DataError: the pictures cannot be decoded.
    """
    video = recording.info.video
    assert video is not None, "the item has pictures"
    fps = storage.fps or video.fps.limit_denominator(_LARGEST_TERM)
    lead = Fraction(0) if storage.fps else 1 / (2 * fps)
    times = [span.start + k / fps + lead for k in range(ceil(span.duration * fps))]
    small: list[NDArray[np.uint8]] = []
    # Closed at once where encoding is interrupted: nobody may decode when the recording is closed.
    with closing(ahead(_shrink(recording, times, storage, small), _AHEAD)) as coming:
        frames = _Watched(coming)
        data = encode_mp4(frames, fps, lossless=storage.lossless)
    return StoredPictures(
        data=data,
        frames=len(times),
        fps=fps,
        width=frames.last.shape[1],
        height=frames.last.shape[0],
        still=frames.still,
        small=_npy(np.concatenate(small)) if storage.v64 else None,
    )


def stored_size(height: int, width: int, how: Fit) -> tuple[int, int]:
    """Height and width of the stored picture: even, as H.264 halves the colours, and never larger than the original.

    The long side is rounded down: from 455 of a 16:9 picture to 456, its letterbox at 64 pixels would lose a line.
    """
    if how == "letterbox":
        height = width = min(SIDE, max(height, width))
    elif how == "crop":
        height = width = min(SIDE, height, width)
    elif min(height, width) > SIDE:
        scale = Fraction(SIDE, min(height, width))
        height, width = int(height * scale), int(width * scale)
    return max(2, height // 2 * 2), max(2, width // 2 * 2)


class _Watched:
    """Frames on their way to the encoder: remembers the last one, and whether any differed from the one before."""

    def __init__(self, frames: Iterator[NDArray[np.uint8]]) -> None:
        self._frames = frames
        self.still = True
        self.last: NDArray[np.uint8]

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        for number, frame in enumerate(self._frames):
            if number and self.still:
                self.still = bool(np.abs(frame.astype(np.int16) - self.last).mean() < _STILL)
            self.last = frame
            yield frame


def _shrink(
    recording: Recording, times: list[Fraction], storage: Storage, small: list[NDArray[np.uint8]]
) -> Iterator[NDArray[np.uint8]]:
    """The stored frames, each scaled once from the original; the 64-pixel ones are put into `small`."""
    assert recording.info.video is not None
    height, width = recording.info.video.height, recording.info.video.width
    size = stored_size(height, width, storage.fit)
    chunk = max(1, min(16, _CHUNK_PIXELS // (height * width)))
    coming = recording.frames(times)
    while frames := list(islice(coming, chunk)):
        frames_THWC = torch.from_numpy(np.stack(frames))
        if storage.v64:
            how = "letterbox" if storage.fit == "native" else storage.fit
            small.append(_fitted(frames_THWC, SMALL_SIDE, how))
        yield from (
            _resized(frames_THWC, *size) if storage.fit == "native" else _fitted(frames_THWC, size[0], storage.fit)
        )


def _resized(frames: Tensor, height: int, width: int) -> NDArray[np.uint8]:
    """(T, H, W, C) uint8 -> (T, height, width, C)."""
    if min(frames.shape[1:3]) > SIDE or min(frames.shape[1:3]) < 2:
        return resize_pictures(frames, height, width).numpy()
    # At most a row and a column too many: cut off, since to scale by a pixel would blur all of the picture.
    return frames[:, :height, :width].contiguous().numpy()


def _fitted(frames: Tensor, side: int, how: Literal["letterbox", "crop"]) -> NDArray[np.uint8]:
    """(T, H, W, C) uint8 -> (T, side, side, C)."""
    frames_TCHW = frames.permute(0, 3, 1, 2).contiguous().float()  # contiguous: a third faster to scale
    fitted_TCHW = fit(frames_TCHW, side, how=how, antialias=True)
    fitted_THWC = fitted_TCHW.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)
    array: NDArray[np.uint8] = fitted_THWC.contiguous().numpy()
    return array


def _npy(array: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()
