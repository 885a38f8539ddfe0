"""What is in a clip set: counts, shapes, failures, and what about it will surprise an evaluation."""

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from avbench.clip import Clip, ClipSpec
from avbench.clipset import ClipRecord, ClipSet
from avbench.media.audio import read_audio
from avbench.media.resize import resize
from avbench.media.video import VideoReader

_LISTENED = 64  # clips whose sound is read to find silent ones
_SILENCE = 10 ** (-60 / 20)  # a peak of -60 dB: one can hear nothing below
_LOOKED_AT = Fraction(10)  # seconds of a clip that are read, from its beginning
_PREVIEW_FRAMES = 8
_PREVIEW_HEIGHT = 160  # pixels
_PREVIEW_RATE = 32_000  # Hz


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The least, the middle and the greatest of a number over the clips that have it."""

    minimum: float
    median: float
    maximum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A clip set, summed up.

    Attributes:
        sources: how many items the clips were cut from.
        seconds: duration of all clips together.
        counts: clips by (split, label), in that order.
        sizes: clips by width x height, the most frequent first.
        spreads: of "seconds", "frames per second", "sample rate" in Hz and "channels".
        failures: items that gave no clip, by reason.
        warnings: what will surprise an evaluation, in whole sentences.
    """

    name: str
    kind: str
    fit: str
    channel: str
    clips: int
    sources: int
    seconds: float
    counts: dict[tuple[str, str], int]
    sizes: dict[str, int]
    spreads: dict[str, Spread]
    failures: dict[str, int]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "kind": self.kind,
            "fit": self.fit,
            "channel": self.channel,
            "clips": self.clips,
            "sources": self.sources,
            "seconds": self.seconds,
            "counts": [{"split": split, "label": label, "clips": n} for (split, label), n in self.counts.items()],
            "sizes": self.sizes,
            "spreads": {
                name: {"minimum": spread.minimum, "median": spread.median, "maximum": spread.maximum}
                for name, spread in self.spreads.items()
            },
            "failures": self.failures,
            "warnings": list(self.warnings),
        }


def inspect(clipset: ClipSet) -> Inspection:
    """Sum up a clip set. All comes from its index, but for silence, which is listened for in up to 64 clips.

    Raises:
        DataError: a clip's sound cannot be read.
    """
    records = clipset.records
    return Inspection(
        name=clipset.name,
        kind=clipset.kind,
        fit=clipset.fit,
        channel=clipset.channel,
        clips=len(records),
        sources=len({record.source for record in records}),
        seconds=float(sum((record.duration for record in records), Fraction(0))),
        counts=dict(sorted(Counter((record.split, record.label) for record in records).items())),
        sizes=dict(Counter(f"{record.width}x{record.height}" for record in records if record.has_video).most_common()),
        spreads=_spreads(records),
        failures=dict(Counter(failure.reason for failure in clipset.failures).most_common()),
        warnings=tuple(_warnings(clipset)),
    )


def previews(clipset: ClipSet, count: int, *, label: str | None = None) -> list[Clip]:
    """Up to `count` clips (of one class), drawn with a fixed seed, made small for looking at: the first 10 s of each.

    Eight frames, evenly spaced, at most 160 pixels high and in their own proportions; all channels at 32 kHz.

    Raises:
        DataError: a clip cannot be decoded.
    """
    chosen = (int(index) for index in clipset.order(seed=0) if label in (None, clipset.records[int(index)].label))
    return [_preview(clipset, index) for index in islice(chosen, count)]


def _spreads(records: Sequence[ClipRecord]) -> dict[str, Spread]:
    numbers: dict[str, list[float]] = {
        "seconds": [float(record.duration) for record in records],
        "frames per second": [float(record.fps) for record in records if record.has_video],
        "sample rate": [record.sample_rate for record in records if record.has_audio],
        "channels": [record.channels for record in records if record.has_audio],
    }
    return {
        name: Spread(minimum=min(values), median=statistics.median(values), maximum=max(values))
        for name, values in numbers.items()
        if values
    }


def _warnings(clipset: ClipSet) -> list[str]:
    records = clipset.records
    window = ClipSpec().seconds
    tests: list[tuple[Callable[[ClipRecord], bool], str]] = [
        (lambda record: not record.has_video, "have no picture: they are left out of FVD and KVD"),
        (lambda record: not record.has_audio, "have no sound: they are left out of FAD"),
        (lambda record: record.duration < window, f"last less than {float(window):g} s: no default window fits in"),
    ]
    warnings = [
        f"{number} of {len(records)} clips {words}" for holds, words in tests if (number := sum(map(holds, records)))
    ]
    for what, values in (
        ("frame rates", {f"{float(record.fps):g}" for record in records if record.has_video}),
        ("sample rates", {str(record.sample_rate) for record in records if record.has_audio}),
    ):
        if len(values) > 1:
            listed = sorted(values, key=float)
            shown = ", ".join(listed) if len(listed) <= 4 else f"{listed[0]} to {listed[-1]}"
            warnings.append(f"the clips have {len(listed)} {what} ({shown}): each is resampled to the protocol's")
    if copies := len(records) - len({record.sha256 for record in records}):
        warnings.append(f"{copies} of {len(records)} clips are copies of others: they make the set look narrower")
    silent, listened = _count_silent(clipset)
    if silent:
        warnings.append(f"{silent} of {listened} clips listened to are silent: FAD takes silence for content")
    if clipset.failures:
        items = len({record.source for record in records}) + len(clipset.failures)
        warnings.append(f"{len(clipset.failures)} of {items} items gave no clip: see failures by reason")
    return warnings


def _count_silent(clipset: ClipSet) -> tuple[int, int]:
    heard = [int(index) for index in clipset.order(seed=0) if clipset.records[index].has_audio][:_LISTENED]
    waves = (_sound(clipset, index) for index in heard)
    return sum(wave is not None and float(np.abs(wave).max()) < _SILENCE for wave in waves), len(heard)


def _preview(clipset: ClipSet, index: int) -> Clip:
    record = clipset.records[index]
    seconds = min(record.duration, _LOOKED_AT)
    return Clip(
        key=record.key,
        video=_pictures(clipset, index),
        audio=_sound(clipset, index),
        fps=_PREVIEW_FRAMES / seconds,
        sample_rate=_PREVIEW_RATE,
        label=record.label,
        meta=record.meta,
    )


def _pictures(clipset: ClipSet, index: int) -> NDArray[np.uint8] | None:
    """(8, H, W, 3), evenly spaced over what is looked at."""
    media = clipset.media(index)
    if media.video is None or media.info_video is None:
        return None
    seconds = min(clipset.records[index].duration, _LOOKED_AT)
    times = [media.video_origin + seconds * k / _PREVIEW_FRAMES for k in range(_PREVIEW_FRAMES)]
    with VideoReader(media.video, media.info_video) as reader:
        frames = np.stack(reader.frames_at(times))
    height, width = frames.shape[1:3]
    if height <= _PREVIEW_HEIGHT:
        return frames
    smaller_TCHW = resize(
        torch.from_numpy(frames).permute(0, 3, 1, 2).float(),
        _PREVIEW_HEIGHT,
        max(round(width * _PREVIEW_HEIGHT / height), 1),
        antialias=True,
    )
    return smaller_TCHW.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()


def _sound(clipset: ClipSet, index: int) -> NDArray[np.float32] | None:
    """(C, S) at 32 kHz, of what is looked at."""
    media = clipset.media(index)
    if media.audio is None or media.info_audio is None:
        return None
    samples = int(min(clipset.records[index].duration, _LOOKED_AT) * _PREVIEW_RATE)
    return read_audio(media.audio, media.info_audio, media.audio_origin, samples, _PREVIEW_RATE)
