"""Protocols: everything that decides what an evaluation computes, as one frozen row of named switches.

`PUBLISHED` does what the evaluation released with MM-Diffusion does, wart by wart, so that its numbers can stand
beside published ones. `AVBENCH` is the clean protocol for new work. Every difference between them is one switch, so
that the ladder from one to the other can be walked a switch at a time (`avbench eval --switch antialias=true`).
"""

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from avbench.errors import UsageError
from avbench.features.switches import Switches
from avbench.settings import from_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One way to evaluate. Two results are comparable only if the hashes of their protocols are equal."""

    name: str
    # Which windows of which clips.
    split: str  # the split that is read; a set with one split is read whole
    samples: int  # windows per set and run, N
    windows: Literal["stride1", "grid", "one"]
    short_sets: Literal["repeat", "shrink"]
    # Picture.
    frames: int
    fps: Fraction
    size: int  # pixels, both sides
    frame_choice: Literal["index", "time"]
    fit: Literal["letterbox", "crop"]
    antialias: bool
    eight_bit: bool
    # Sound.
    audio_reader: Literal["ffmpeg", "exact"]
    audio_span: Literal["source-frames", "exact"]
    channel: Literal["left", "mix"]
    # Inside AudioCLIP; other extractors have no such inside.
    batch_statistics: bool
    audio_batch: int
    waveform_scale: float

    def __post_init__(self) -> None:
        for name in ("samples", "frames", "fps", "size", "audio_batch"):
            if getattr(self, name) <= 0:
                raise UsageError(f"protocol {self.name}: {name} is {getattr(self, name)}; it must be positive")

    @property
    def seconds(self) -> Fraction:
        """Length of a window."""
        return self.frames / self.fps

    @property
    def switches(self) -> Switches:
        """What this protocol wants of the inside of extractors."""
        return Switches(batch_statistics=self.batch_statistics, waveform_scale=self.waveform_scale)

    @property
    def hash(self) -> str:
        """12 hex digits that name the switches; the protocol's own name does not count."""
        switches = {name: value for name, value in self.as_dict().items() if name != "name"}
        return hashlib.sha256(json.dumps(switches, sort_keys=True).encode()).hexdigest()[:12]

    def as_dict(self) -> dict[str, Any]:
        """The switches as JSON values."""
        return {
            name: str(value) if isinstance(value, Fraction) else value
            for name, value in dataclasses.asdict(self).items()
        }

    @classmethod
    def from_dict(cls, switches: Mapping[str, Any]) -> "Protocol":
        """The protocol that `as_dict` gave.

        Raises:
            UsageError: a switch is missing, unknown or has no such value.
        """
        return from_table(cls, switches, where="protocol")

    def video_input(self, fit: str) -> str:
        """What happens to the picture before the extractor, as text: the part of a cache key that describes it."""
        values = (self.frames, self.fps, self.size, self.frame_choice, fit, self.antialias, self.eight_bit)
        return "video frames={} fps={} size={} choice={} fit={} antialias={} eight_bit={}".format(*values)

    def audio_input(self, channel: str, sample_rate: int) -> str:
        """What happens to the sound before the extractor, as text: the part of a cache key that describes it."""
        values = (self.seconds, sample_rate, self.audio_reader, self.audio_span, channel)
        text = "audio seconds={} rate={} reader={} span={} channel={}".format(*values)
        # The length of the window follows from the frames where it is counted in them.
        return f"{text} frames={self.frames} fps={self.fps}" if self.audio_span == "source-frames" else text

    def with_switches(self, changes: Mapping[str, str]) -> "Protocol":
        """A protocol of another name with some switches set from text, for example {"antialias": "true"}.

        Raises:
            UsageError: there is no such switch, or it has no such value.
        """
        values = {name: _parse(name, text) for name, text in changes.items()}
        changed = {name: value for name, value in values.items() if getattr(self, name) != value}
        if not changed:
            return self
        suffix = "".join(f"+{name}={text}" for name, text in sorted(changes.items()) if name in changed)
        return dataclasses.replace(self, name=self.name + suffix, **changed)

    def with_samples(self, samples: int | None) -> "Protocol":
        """The protocol with another N; None leaves it."""
        return self if samples is None else dataclasses.replace(self, samples=samples)


def _parse(name: str, text: str) -> Any:
    kinds = typing.get_type_hints(Protocol)
    if name == "name" or name not in kinds:
        known = ", ".join(switch for switch in kinds if switch != "name")
        raise UsageError(f'a protocol has no switch "{name}"; known: {known}')
    kind = kinds[name]
    choices = typing.get_args(kind) or (("true", "false") if kind is bool else ())
    if choices:
        if text not in choices:
            raise UsageError(f'switch {name} cannot be "{text}"; choose {" or ".join(choices)}')
        return text == "true" if kind is bool else text
    try:
        return kind(text)
    except (ValueError, ZeroDivisionError) as error:
        raise UsageError(f'switch {name} cannot be "{text}"; it takes a {kind.__name__}') from error


PUBLISHED = Protocol(
    name="published",
    split="train",
    samples=2048,
    windows="stride1",
    short_sets="repeat",
    frames=16,
    fps=Fraction(10),
    size=64,
    frame_choice="index",
    fit="letterbox",
    antialias=False,
    eight_bit=True,
    audio_reader="ffmpeg",
    audio_span="source-frames",
    channel="left",
    batch_statistics=True,
    audio_batch=8,
    waveform_scale=1.0,
)

AVBENCH = Protocol(
    name="avbench",
    split="train",
    samples=2048,
    windows="grid",
    short_sets="shrink",
    frames=16,
    fps=Fraction(10),
    size=64,
    frame_choice="time",
    fit="letterbox",
    antialias=True,
    eight_bit=False,
    audio_reader="exact",
    audio_span="exact",
    channel="mix",
    batch_statistics=False,
    audio_batch=8,
    waveform_scale=32768.0,
)

# Super-resolution is invisible at 64 pixels.
AVBENCH_256 = dataclasses.replace(AVBENCH, name="avbench@256", size=256)

PROTOCOLS: Mapping[str, Protocol] = types.MappingProxyType(
    {protocol.name: protocol for protocol in (PUBLISHED, AVBENCH, AVBENCH_256)}
)


def get_protocol(name: str) -> Protocol:
    """The protocol called `name`.

    Raises:
        UsageError: there is none.
    """
    if name not in PROTOCOLS:
        raise UsageError(f'no protocol is called "{name}"; known: {", ".join(PROTOCOLS)}')
    return PROTOCOLS[name]
