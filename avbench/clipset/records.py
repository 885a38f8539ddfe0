"""What a clip set knows of its clips without opening them, and of the items that gave none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from avbench.errors import DataError
from avbench.media.probe import AudioStream, Source, VideoStream


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRecord:
    """One clip of a set. Numbers of a stream that the clip lacks are 0."""

    key: str  # [A-Za-z0-9_-], unique in the set
    split: str
    label: str  # "" where nothing is known
    source: str  # what the clip was cut from; clips of one source share scenes
    sha256: str  # of the bytes of its picture and sound
    duration: Fraction  # seconds that all its streams share
    frames: int
    fps: Fraction  # average, of what is stored
    width: int  # upright, square pixels
    height: int
    sample_rate: int  # Hz
    channels: int
    source_fps: Fraction  # of the original
    source_channels: int
    meta: Mapping[str, Any] = field(default_factory=dict)  # reserved: prompt, condition_key, model, seed, steps

    @property
    def has_video(self) -> bool:
        return self.frames > 0

    @property
    def has_audio(self) -> bool:
        return self.sample_rate > 0


@dataclass(frozen=True, slots=True)
class Failure:
    """An item that gave no clip."""

    item: str  # the file, relative to its folder
    stage: str  # probe, encode
    reason: str  # a class that can be counted, for example "truncated"
    message: str

    @classmethod
    def of(cls, item: str, stage: str, error: DataError) -> "Failure":
        """The failure that `error` is, with its reason read from the message."""
        message = str(error)
        reason = next((reason for phrase, reason in _REASONS.items() if phrase in message), "unusable")
        return cls(item, stage, reason, message)


_REASONS = {  # what avbench.media and the time line say -> how failures are counted
    "the file is empty": "empty",
    "not a media file": "not_media",
    "truncated at byte": "truncated",
    "truncated or damaged so": "truncated",
    "neither picture": "no_streams",
    "there are no pictures": "no_video",
    "there is no sound": "no_sound",
    "its sound track is empty": "no_sound",
    "no frame that can be decoded": "no_frames",
    "carry no time stamps": "no_times",
    "mirrored or at a slant": "rotation",
    "damaged at": "corrupt",
    "cannot be read to its end": "corrupt",
    "do not overlap": "no_overlap",
    "is not in the file": "too_short",
    "is none of the classes": "unknown_class",
    "cannot be read (": "unreadable",
}


@dataclass(frozen=True, slots=True)
class ClipMedia:
    """A clip's streams, and the times on their clocks at which the clip begins."""

    video: Source | None
    audio: Source | None
    info_video: VideoStream | None
    info_audio: AudioStream | None
    video_origin: Fraction
    audio_origin: Fraction
