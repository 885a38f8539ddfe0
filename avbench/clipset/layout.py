"""The files of a prepared clip set: their names, the manifest, and the columns of the tables."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa

from avbench.clipset.records import ClipRecord
from avbench.errors import DataError

SCHEMA_VERSION = 1

MANIFEST = "clipset.json"  # written last: a folder without it is not a finished set
CLIPS = "clips.parquet"
INDEX = "index.parquet"
FAILURES = "failures.csv"
WORK = ".work"  # what is being made; gone when it is done

ADVICE = "give the `avbench` command that made the set again"  # the end of messages about damage

# Members of a clip by suffix.
VIDEO_MEMBER = "mp4"
LOSSLESS_MEMBER = "mkv"  # in the place of mp4
AUDIO_MEMBER = "flac"
JSON_MEMBER = "json"
SMALL_VIDEO_MEMBER = "v64.npy"  # uint8 (T, 64, 64, 3)


def shard_name(split: str, number: int) -> str:
    return f"{split}-{number:06d}.tar"


def read_manifest(path: Path) -> dict[str, Any]:
    """What `path`/clipset.json says.

    Raises:
        DataError: it is something else, or of a schema that this version does not read.
    """
    file = path / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(file.read_bytes())
        version = manifest["schema_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{file}: it is not the manifest of a clip set; {ADVICE}") from error
    if version != SCHEMA_VERSION:
        raise DataError(
            f"{file}: the clip set has schema {version}, this avbench reads schema {SCHEMA_VERSION}; "
            "make it again with this avbench, or read it with the one that made it"
        )
    return manifest


@dataclass(frozen=True, slots=True)
class Location:
    """Where a member's bytes lie, and what they sum up to."""

    shard: str
    offset: int  # of the bytes themselves, after the tar header
    size: int
    crc32: int


INDEX_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("member", pa.string()),
        ("shard", pa.string()),
        ("offset", pa.int64()),
        ("size", pa.int64()),
        ("crc32", pa.int64()),
    ]
)

CLIPS_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("split", pa.string()),
        ("shard", pa.string()),
        ("label", pa.string()),
        ("source", pa.string()),
        ("start", pa.float64()),  # seconds in the source
        ("end", pa.float64()),
        ("duration", pa.float64()),
        ("frames", pa.int64()),
        ("fps", pa.float64()),
        ("width", pa.int64()),
        ("height", pa.int64()),
        ("sample_rate", pa.int64()),
        ("channels", pa.int64()),
        ("source_fps", pa.float64()),
        ("source_channels", pa.int64()),
        ("sha256", pa.string()),
        ("meta", pa.string()),  # JSON
    ]
)

_RATIONAL = ("duration", "fps", "source_fps")


def to_row(record: ClipRecord, *, shard: str, start: Fraction) -> dict[str, Any]:
    """A row of `clips.parquet`."""
    row = {name: getattr(record, name) for name in CLIPS_SCHEMA.names if hasattr(record, name)}
    row |= {name: float(row[name]) for name in _RATIONAL}
    meta = json.dumps(dict(record.meta), sort_keys=True, ensure_ascii=False)
    return row | {"shard": shard, "start": float(start), "end": float(start + record.duration), "meta": meta}


def from_row(row: Mapping[str, Any]) -> ClipRecord:
    """The record that a row of `clips.parquet` was made from."""
    fields = {name: row[name] for name in ClipRecord.__dataclass_fields__}
    fields |= {name: rational(fields[name]) for name in _RATIONAL}
    return ClipRecord(**fields | {"meta": json.loads(fields["meta"])})


def rational(number: float) -> Fraction:
    """The fraction that was written as a float: rates and durations of clips have denominators far below a million."""
    return Fraction(number).limit_denominator(1_000_000)
