"""A prepared clip set: WebDataset shards, read member by member through our index."""

import csv
import io
import json
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import webdataset
from numpy.typing import NDArray

from avbench.clipset.clipset import ClipSet
from avbench.clipset.layout import (
    ADVICE,
    AUDIO_MEMBER,
    CLIPS,
    FAILURES,
    INDEX,
    JSON_MEMBER,
    LOSSLESS_MEMBER,
    SMALL_VIDEO_MEMBER,
    VIDEO_MEMBER,
    Location,
    from_row,
    read_manifest,
)
from avbench.clipset.records import ClipMedia, Failure
from avbench.errors import DataError, UsageError
from avbench.media.probe import MediaInfo, probe

_REMEMBERED = 512  # members; what is known of one takes 34 kB for each 10 s at 30 fps


class ShardClipSet(ClipSet):
    """The clip set whose manifest `path`/clipset.json is.

    Opening reads the tables and the sizes of the shards, not the shards.

    Raises:
        DataError: a file is missing, damaged or of another size than when the set was made.
    """

    kind = "shards"

    def __init__(self, path: Path) -> None:
        self.manifest = read_manifest(path)
        try:
            self.shards = {shard["file"]: shard for shards in self.manifest["splits"].values() for shard in shards}
            _check_sizes(path, self.shards)
            super().__init__(
                path,
                name=self.manifest["name"],
                records=tuple(from_row(row) for row in _read_table(path / CLIPS)),
                failures=_read_failures(path / FAILURES),
                fit=self.manifest["fit"],
                channel=self.manifest["channel"],
            )
            self._known: dict[tuple[int, str], MediaInfo] = {}  # of the members probed last
            self._members: dict[str, dict[str, Location]] = {}
            for row in _read_table(path / INDEX):
                location = Location(row["shard"], row["offset"], row["size"], row["crc32"])
                self._members.setdefault(row["key"], {})[row["member"]] = location
        except KeyError as error:
            raise DataError(f"{path}: its tables lack {error}; {ADVICE}") from error

    def media(self, index: int, *, video: bool = True, audio: bool = True) -> ClipMedia:
        members = self._members[self.records[index].key]
        pictures = next((name for name in (VIDEO_MEMBER, LOSSLESS_MEMBER) if name in members), None)
        movie = self.member(index, pictures) if video and pictures else None
        sound = self.member(index, AUDIO_MEMBER) if audio and AUDIO_MEMBER in members else None
        info_video = self._probed(index, pictures, movie).video if pictures and movie is not None else None
        info_audio = self._probed(index, AUDIO_MEMBER, sound).audio if sound is not None else None
        return ClipMedia(
            video=movie,
            audio=sound,
            info_video=info_video,
            info_audio=info_audio,
            video_origin=info_video.start if info_video else Fraction(0),
            audio_origin=info_audio.start if info_audio else Fraction(0),
        )

    def _probed(self, index: int, name: str, member: bytes) -> MediaInfo:
        # Training comes back to a clip for another window, and to probe it takes a quarter of reading one.
        if (index, name) not in self._known:
            info = probe(member)
            if len(self._known) == _REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[index, name] = info
        return self._known[index, name]

    def small_frames(self, index: int) -> NDArray[np.uint8] | None:
        if SMALL_VIDEO_MEMBER not in self._members[self.records[index].key]:
            return None
        frames: NDArray[np.uint8] = np.load(io.BytesIO(self.member(index, SMALL_VIDEO_MEMBER)), allow_pickle=False)
        return frames

    def member(self, index: int, name: str) -> bytes:
        """The bytes of a clip's member: "mp4", "flac", "json", "v64.npy".

        Raises:
            DataError: the clip has no such member, or the shard is damaged there.
        """
        key = self.records[index].key
        if name not in self._members[key]:
            raise DataError(f"{self.path}: clip {key} has no {name}, only {', '.join(sorted(self._members[key]))}")
        place = self._members[key][name]
        shard = self.path / place.shard
        try:
            with shard.open("rb") as file:
                file.seek(place.offset)
                data = file.read(place.size)
        except OSError as error:
            raise DataError(f"{shard}: it cannot be read ({error.strerror}); {ADVICE}") from error
        if len(data) != place.size or zlib.crc32(data) != place.crc32:
            raise DataError(f"{shard}: it is damaged where {key}.{name} lies (byte {place.offset}); {ADVICE}")
        return data

    def members(self, index: int) -> dict[str, bytes]:
        """All members of a clip, by name."""
        return {name: self.member(index, name) for name in self._members[self.records[index].key]}

    def facts(self, index: int) -> dict[str, Any]:
        """All that KEY.json says of a clip."""
        facts: dict[str, Any] = json.loads(self.member(index, JSON_MEMBER))
        return facts

    def as_webdataset(self, split: str | None = None) -> Any:
        splits = self.manifest["splits"]
        if split is not None and split not in splits:
            raise UsageError(f'{self.path}: there is no split "{split}", only {", ".join(splits)}')
        chosen = [split] if split is not None else list(splits)
        shards = [str(self.path / shard["file"]) for name in chosen for shard in splits[name]]
        return webdataset.WebDataset(shards, shardshuffle=False)


def _check_sizes(path: Path, shards: dict[str, dict[str, Any]]) -> None:
    for name, shard in shards.items():
        file = path / name
        if not file.is_file():
            raise DataError(f"{file}: the shard is missing; {ADVICE}")
        size = file.stat().st_size
        if size != shard["bytes"]:
            raise DataError(f"{file}: the shard has {size:,} bytes, it should have {shard['bytes']:,}; {ADVICE}")


def _read_table(path: Path) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path}: the table is missing or damaged; {ADVICE}") from error
    return rows


def _read_failures(path: Path) -> tuple[Failure, ...]:
    try:
        with path.open(newline="") as file:
            return tuple(Failure(**row) for row in csv.DictReader(file))
    except (OSError, TypeError) as error:
        raise DataError(f"{path}: the table is missing or damaged; {ADVICE}") from error
