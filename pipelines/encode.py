"""Encoding a clip of an item: its pictures, its sound and what is known of them, as the members of a shard."""

import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from avbench.clipset import ClipRecord
from avbench.clipset.layout import (
    AUDIO_MEMBER,
    JSON_MEMBER,
    LOSSLESS_MEMBER,
    SCHEMA_VERSION,
    SMALL_VIDEO_MEMBER,
    VIDEO_MEMBER,
)
from avbench.clipset.write import StoredClip
from pipelines.cut import Span
from pipelines.pictures import StoredPictures, encode_pictures
from pipelines.sound import SAMPLE_RATE, StoredSound, encode_sound
from pipelines.source import Item, Recording
from pipelines.storage import Storage, versions


def encode_clip(item: Item, recording: Recording, span: Span, storage: Storage) -> StoredClip:
    """Encode the stretch `span` of an open item.

    Raises:
        DataError: it cannot be decoded, or lasts less than a sample.
    """
    video, audio = recording.info.video, recording.info.audio
    sound = encode_sound(recording, span, storage.channel) if audio is not None else None
    pictures = encode_pictures(recording, span, storage) if video is not None else None
    members: dict[str, bytes] = {}
    if pictures is not None:
        members[LOSSLESS_MEMBER if storage.lossless else VIDEO_MEMBER] = pictures.data
    if sound is not None:
        members[AUDIO_MEMBER] = sound.data
    record = ClipRecord(
        key=f"{item.key}_{int(span.start * 1000):08d}",
        split=item.split,
        label=recording.label,
        source=item.source,
        sha256=_sha256(members),
        duration=Fraction(sound.samples, SAMPLE_RATE) if sound else span.duration,
        frames=pictures.frames if pictures else 0,
        fps=pictures.fps if pictures else Fraction(0),
        width=pictures.width if pictures else 0,
        height=pictures.height if pictures else 0,
        sample_rate=SAMPLE_RATE if sound else 0,
        channels=sound.channels if sound else 0,
        source_fps=video.fps if video else Fraction(0),
        source_channels=audio.channels if audio else 0,
        meta=recording.meta,
    )
    if pictures is not None and pictures.small is not None:
        members[SMALL_VIDEO_MEMBER] = pictures.small
    facts = _facts(record, item, recording, span, pictures, sound)
    members[JSON_MEMBER] = json.dumps(facts, ensure_ascii=False).encode()
    return StoredClip(record, members, recording.offset + span.start)


def _sha256(members: Mapping[str, bytes]) -> str:
    """One hash of pictures and sound, which tells whether two clips are equal."""
    digest = hashlib.sha256()
    for name, data in sorted(members.items()):
        digest.update(f"{name} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def _facts(
    record: ClipRecord,
    item: Item,
    recording: Recording,
    span: Span,
    pictures: StoredPictures | None,
    sound: StoredSound | None,
) -> dict[str, Any]:
    """KEY.json: what one wants to know of a clip that came alone."""
    facts: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "key": record.key,
        "split": record.split,
        "label": record.label,
        "source": record.source,
        "start_s": float(recording.offset + span.start),
        "end_s": float(recording.offset + span.start + record.duration),
        "src": _original(recording),
        "out": {},
        "warnings": [],
        "meta": dict(record.meta),
        "tool_versions": versions(),
    }
    end = span.start + span.duration
    video, audio = recording.info.video, recording.info.audio
    if pictures is not None and video is not None:
        names = ("width", "height", "frames")
        facts["out"] |= {name: getattr(pictures, name) for name in names} | {"fps": float(pictures.fps)}
        facts["still"] = pictures.still
        facts["pad_video_s"] = float(max(Fraction(0), end - (video.end - recording.stretch.video_origin)))
        facts["warnings"] += ["still"] * pictures.still + ["low_fps"] * (video.fps < pictures.fps)
    if sound is not None and audio is not None:
        facts["out"] |= {"sample_rate": SAMPLE_RATE, "channels": sound.channels, "samples": sound.samples}
        facts |= {"audio_rms": sound.rms, "silent_fraction": sound.silent_fraction}
        origin = recording.stretch.audio_origin
        before, after = audio.start - origin - span.start, end - (audio.end - origin)
        facts["pad_audio_s"] = float(max(Fraction(0), before) + max(Fraction(0), after))
        facts["warnings"] += ["silent"] * (sound.silent_fraction == 1) + ["downmixed"] * sound.downmixed
        facts["warnings"] += ["opposed_channels"] * sound.opposed
    if video is not None and audio is not None:
        lead = (audio.start - recording.stretch.audio_origin) - (video.start - recording.stretch.video_origin)
        facts["av_offset_s"] = float(lead)  # by how much the original's sound begins later
    return facts


def _original(recording: Recording) -> dict[str, Any]:
    video, audio = recording.info.video, recording.info.audio
    facts: dict[str, Any] = {}
    if video is not None:
        names = ("width", "height", "frames", "vfr", "codec", "pix_fmt", "rotation")
        facts |= {name: getattr(video, name) for name in names}
        facts |= {"fps_avg": float(video.fps), "start_v": float(video.start)}
        facts["duration_v"] = float(video.end - video.start)
    if audio is not None:
        facts |= {"audio_codec": audio.codec, "audio_rate": audio.sample_rate, "audio_channels": audio.channels}
        facts |= {"start_a": float(audio.start), "duration_a": float(audio.end - audio.start)}
    return facts
