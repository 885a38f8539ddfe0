"""A clip set: clips that are reached by number, wherever they lie."""

import functools
import hashlib
import json
from abc import ABC, abstractmethod
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from avbench.clip import Clip, ClipSpec
from avbench.clipset.records import ClipMedia, ClipRecord, Failure
from avbench.errors import DataError
from avbench.media.audio import read_audio
from avbench.media.resize import fit
from avbench.media.video import VideoReader
from avbench.seeds import stream

Kind = Literal["folder", "shards"]
Fit = Literal["native", "letterbox", "crop"]
Channel = Literal["native", "left", "mix"]

PAPER = ClipSpec()


class ClipSet(ABC):
    """Clips and what is known of them. Open one with `open_clipset`.

    Attributes:
        kind: "folder" for a folder of videos in place, "shards" for a prepared set.
        fit: how stored pictures were made square; "native" where they keep their aspect.
        channel: which channel of the sound was stored; "native" for all.
        records: the clips, sorted by split and key.
        failures: the items that gave no clip.
    """

    kind: Kind

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        records: tuple[ClipRecord, ...],
        failures: tuple[Failure, ...],
        fit: Fit = "native",
        channel: Channel = "native",
    ) -> None:
        self.path = path
        self.name = name
        self.records = records
        self.failures = failures
        self.fit: Fit = fit
        self.channel: Channel = channel

    def __len__(self) -> int:
        return len(self.records)

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all that decides the clips' content: two sets with one fingerprint are interchangeable."""
        digest = hashlib.sha256(json.dumps([self.fit, self.channel]).encode())
        for record in self.records:
            digest.update(json.dumps([record.split, record.key, record.sha256]).encode())
        return digest.hexdigest()

    @abstractmethod
    def media(self, index: int, *, video: bool = True, audio: bool = True) -> ClipMedia:
        """The streams of clip `index`, or one of them alone, which takes less time.

        Raises:
            DataError: its bytes are not what they were when the set was made.
        """

    def small_frames(self, index: int) -> NDArray[np.uint8] | None:
        """(T, 64, 64, 3): all frames of clip `index` on its stored grid, made square and small once and for all.

        None where the set was prepared without `--v64`.
        """
        return None

    @abstractmethod
    def as_webdataset(self, split: str | None = None) -> Any:
        """A `webdataset.WebDataset` over the samples of one split (all when None), undecoded, in order.

        Raises:
            UsageError: the set is a folder of videos, or has no such split.
        """

    def order(self, seed: int, split: str | None = None) -> NDArray[np.int64]:
        """Numbers of the clips (of one split) in an order that only `seed` decides, not workers or ranks."""
        chosen = [index for index, record in enumerate(self.records) if split in (None, record.split)]
        return stream(seed, "clipset", "order").permutation(np.array(chosen, dtype=np.int64))

    def clip(
        self,
        index: int,
        start: Fraction = Fraction(0),
        spec: ClipSpec = PAPER,
        *,
        video: bool = True,
        audio: bool = True,
    ) -> Clip:
        """A window of clip `index`, from `start` seconds on, in the shape of `spec`; picture, sound or both.

        Frame k is the last one at or before start + k/fps, letterboxed with an antialiased bicubic filter and rounded
        to 8 bits. Sound keeps its channels. Pictures stored square (`fit`) already have their final shape, so the
        letterbox only scales them.

        Raises:
            DataError: the clip ends more than a frame before the window does, or cannot be decoded.
        """
        record = self.records[index]
        if start < 0 or start + spec.seconds > record.duration + 1 / spec.fps:
            raise DataError(
                f"{self.path}: clip {record.key} lasts {float(record.duration):.2f} s, the window asked for is from "
                f"{float(start):.2f} to {float(start + spec.seconds):.2f} s; choose shorter windows or longer clips"
            )
        media = self.media(index, video=video, audio=audio)
        return Clip(
            key=record.key,
            video=_read_video(media, start, spec),
            audio=_read_sound(media, start, spec),
            fps=spec.fps,
            sample_rate=spec.sample_rate,
            label=record.label,
            meta=record.meta,
        )


def _read_video(media: ClipMedia, start: Fraction, spec: ClipSpec) -> NDArray[np.uint8] | None:
    if media.video is None or media.info_video is None:
        return None
    times = [media.video_origin + start + k / spec.fps for k in range(spec.frames)]
    with VideoReader(media.video, media.info_video) as reader:
        frames_THWC = torch.from_numpy(np.stack(reader.frames_at(times)))
    fitted_TCHW = fit(frames_THWC.permute(0, 3, 1, 2).float(), spec.size, how="letterbox", antialias=True)
    return fitted_TCHW.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()


def _read_sound(media: ClipMedia, start: Fraction, spec: ClipSpec) -> NDArray[np.float32] | None:
    if media.audio is None or media.info_audio is None:
        return None
    return read_audio(media.audio, media.info_audio, media.audio_origin + start, spec.samples, spec.sample_rate)
