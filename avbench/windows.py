"""Windows: which stretches of a clip an evaluation may draw, and how a protocol reads them.

A window is (clip, start). Under `windows="stride1"` its start is a multiple of 1/fps on the resampled grid of the
released evaluation; otherwise it is a time in the clip.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchaudio.functional import resample

from avbench.clipset import ClipMedia, ClipRecord, ClipSet
from avbench.errors import DataError
from avbench.media.audio import mix_down, read_audio, read_audio_ffmpeg
from avbench.media.resize import fit
from avbench.media.video import VideoReader
from avbench.protocol import Protocol

_FFMPEG_RATE = 44_100  # Hz, what the released loader asks ffmpeg for


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A stretch of a clip: the clip's number in its set and the start in seconds."""

    clip: int
    start: Fraction


def candidates(clipset: ClipSet, protocol: Protocol) -> list[Window]:
    """All windows of a clip set that `protocol` may draw, in order."""
    chosen = _read_splits(clipset, protocol)
    return [
        Window(index, start)
        for index, record in enumerate(clipset.records)
        if record.split in chosen
        for start in starts(record, protocol)
    ]


def starts(record: ClipRecord, protocol: Protocol) -> list[Fraction]:
    """Where windows of a clip may start."""
    if protocol.windows == "stride1" and protocol.frame_choice == "index" and record.has_video:
        count = _resampled_frames(record, protocol) - protocol.frames + 1
        return [k / protocol.fps for k in range(count)]
    # A clip that was made to last one window may come out up to a frame short: encoders pad and trim.
    if record.duration < protocol.seconds - 1 / protocol.fps:
        return []
    step = 1 / protocol.fps if protocol.windows == "stride1" else protocol.seconds
    count = 1 if protocol.windows == "one" else max(1, int((record.duration - protocol.seconds) / step) + 1)
    return [k * step for k in range(count)]


class WindowReader:
    """Reads windows of one clip set under one protocol; quick where successive windows share frames.

    Not for several threads at once: each has its own reader.
    """

    def __init__(self, clipset: ClipSet, protocol: Protocol) -> None:
        self._clipset = clipset
        self._protocol = protocol
        self._fit = effective_fit(clipset, protocol)
        self._channel = effective_channel(clipset, protocol)
        self._clip = -1
        self._media: ClipMedia | None = None
        self._video: VideoReader | None = None
        self._frames: dict[Fraction, Tensor] = {}  # fitted frames of the last window, by time

    def video(self, window: Window) -> Tensor:
        """The picture: float32 (3, T, S, S) in [0, 1]."""
        media = self._open(window.clip)
        record = self._clipset.records[window.clip]
        if self._video is None or media.info_video is None:
            raise DataError(f"{record.source}: the clip has no picture")
        times = self._frame_times(window, media)
        fresh = sorted(set(times) - set(self._frames))
        kept = {time: frame for time, frame in self._frames.items() if time in times}
        self._frames = kept | dict(zip(fresh, map(self._fitted, self._video.frames_at(fresh)), strict=True))
        return torch.stack([self._frames[time] for time in times], dim=1)

    def audio(self, window: Window, sample_rate: int) -> Tensor:
        """The sound: float32 (1, S) in [-1, 1] at `sample_rate`, S = seconds x rate."""
        media = self._open(window.clip)
        record = self._clipset.records[window.clip]
        if media.audio is None or media.info_audio is None:
            raise DataError(f"{record.source}: the clip has no sound")
        samples = int(self._protocol.seconds * sample_rate)
        if self._protocol.audio_reader == "exact" and self._protocol.audio_span == "exact":
            start = media.audio_origin + window.start
            sound = mix_down(read_audio(media.audio, media.info_audio, start, samples, sample_rate), self._channel)
        else:
            sound = self._published_audio(window, media, sample_rate)
        padded = np.zeros((1, samples), np.float32)
        padded[:, : sound.shape[1]] = sound[:, :samples]
        return torch.from_numpy(padded)

    def close(self) -> None:
        if self._video is not None:
            self._video.__exit__(None, None, None)
        self._video, self._media, self._clip, self._frames = None, None, -1, {}

    def _open(self, clip: int) -> ClipMedia:
        if self._media is None or self._clip != clip:
            self.close()
            self._media, self._clip = self._clipset.media(clip), clip
            if self._media.video is not None and self._media.info_video is not None:
                self._video = VideoReader(self._media.video, self._media.info_video).__enter__()
        return self._media

    def _frame_times(self, window: Window, media: ClipMedia) -> list[Fraction]:
        """Times of the window's frames on the container's clock."""
        assert media.info_video is not None
        if self._protocol.frame_choice == "time":
            first = media.video_origin + window.start
            return [first + k / self._protocol.fps for k in range(self._protocol.frames)]
        first_index = int(window.start * self._protocol.fps)
        times = media.info_video.times
        step = media.info_video.fps / self._protocol.fps
        return [times[min(int((first_index + k) * step), len(times) - 1)] for k in range(self._protocol.frames)]

    def _fitted(self, frame: NDArray[np.uint8]) -> Tensor:
        """(H, W, 3) uint8 -> (3, S, S) in [0, 1]."""
        frame_CHW = torch.from_numpy(frame).permute(2, 0, 1).float()
        fitted = fit(frame_CHW[None], self._protocol.size, how=self._fit, antialias=self._protocol.antialias)[0]
        fitted = fitted.clamp(0, 255)
        if self._protocol.eight_bit:
            # The loader rounds to 8 bits; by v / 127.5 - 1 and back, truncated, levels 1..63 come out one lower.
            fitted = ((fitted.round() / 127.5 - 1 + 1) * 127.5).clamp(0, 255).trunc()
        return fitted / 255

    def _published_audio(self, window: Window, media: ClipMedia, sample_rate: int) -> NDArray[np.float32]:
        """Sound (1, S) as ffmpeg resamples it, or of a length that is counted in source frames."""
        assert media.audio is not None and media.info_audio is not None
        record = self._clipset.records[window.clip]
        start, seconds = window.start, self._protocol.seconds
        if self._protocol.audio_span == "source-frames" and record.has_video:
            start, seconds = _source_frame_span(window.start, record.source_fps, self._protocol)
        if self._protocol.audio_reader == "exact":
            at, samples = media.audio_origin + start, int(seconds * sample_rate)
            return mix_down(read_audio(media.audio, media.info_audio, at, samples, sample_rate), self._channel)
        first, samples = round(start * _FFMPEG_RATE), int(seconds * _FFMPEG_RATE)
        if self._clipset.kind == "shards":
            # The stored sound is at 44.1 kHz already; what ffmpeg would have done to a mono source is done here.
            at = media.audio_origin + Fraction(first, _FFMPEG_RATE)
            sound = read_audio(media.audio, media.info_audio, at, samples, _FFMPEG_RATE)
            sound = sound * np.float32(0.5**0.5 if record.source_channels == 1 else 1.0)
        else:
            sound = read_audio_ffmpeg(media.audio, media.info_audio, first, samples)
        mixed = mix_down(sound, self._channel)
        if sample_rate == _FFMPEG_RATE:
            return mixed
        resampled: NDArray[np.float32] = resample(torch.from_numpy(mixed), _FFMPEG_RATE, sample_rate).numpy()
        return resampled


def effective_fit(clipset: ClipSet, protocol: Protocol) -> Literal["letterbox", "crop"]:
    """How pictures become square: a set that stored them square already wins over the protocol."""
    return protocol.fit if clipset.fit == "native" else clipset.fit


def effective_channel(clipset: ClipSet, protocol: Protocol) -> Literal["left", "mix"]:
    """Which channel is heard: a set that stored only one wins over the protocol."""
    return protocol.channel if clipset.channel == "native" else clipset.channel


def _read_splits(clipset: ClipSet, protocol: Protocol) -> set[str]:
    splits = {record.split for record in clipset.records}
    if len(splits) == 1:
        return splits
    if protocol.split not in splits:
        raise DataError(
            f'{clipset.path}: there is no split "{protocol.split}", which protocol {protocol.name} reads, only '
            f"{', '.join(sorted(splits))}; choose one with --switch split=NAME"
        )
    return {protocol.split}


def _resampled_frames(record: ClipRecord, protocol: Protocol) -> int:
    """How many frames the released loader keeps of a video."""
    step = record.fps / protocol.fps
    return -(-record.frames // int(step)) if step.denominator == 1 else int(record.frames / step)


def _source_frame_span(start: Fraction, source_fps: Fraction, protocol: Protocol) -> tuple[Fraction, Fraction]:
    """Start and length of the sound the released loader cuts: first source frame to the last one's end."""
    step = source_fps / protocol.fps
    first = int(start * protocol.fps)
    first_frame, last_frame = int(first * step), int((first + protocol.frames - 1) * step)
    return first_frame / source_fps, (last_frame + 1 - first_frame) / source_fps
