"""Writing a clip set: shards, index, tables and, last, the manifest that says it is whole."""

import csv
import io
import json
import zlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
from webdataset import TarWriter

from avbench.clipset.clipset import Channel, Fit
from avbench.clipset.layout import (
    CLIPS,
    CLIPS_SCHEMA,
    FAILURES,
    INDEX,
    INDEX_SCHEMA,
    MANIFEST,
    SCHEMA_VERSION,
    shard_name,
    to_row,
)
from avbench.clipset.records import ClipRecord, Failure
from avbench.workspace import atomic_file, atomic_write, machine_errors, sha256_file

SHARD_BYTES = 256_000_000
_TAR_BLOCK = 512


@dataclass(frozen=True, slots=True)
class StoredClip:
    """A clip as it goes into a shard: its record, its members by suffix, and where in its source it starts."""

    record: ClipRecord
    members: Mapping[str, bytes]
    start: Fraction = Fraction(0)


class ShardWriter:
    """Writes the shards of a clip set into a folder. The same clips give the same bytes.

    Each shard is written under a temporary name and renamed when it is whole; nothing of the set can be opened before
    `finish` has written the manifest.

    Args:
        shard_bytes: a new shard begins when a clip would make the current one larger.

    Raises:
        MachineError: the disk is full or the folder cannot be written.
    """

    def __init__(self, folder: Path, *, shard_bytes: int = SHARD_BYTES) -> None:
        self._folder = folder
        self._shard_bytes = shard_bytes
        self._rows: list[dict[str, Any]] = []
        self._index: list[dict[str, Any]] = []
        self._splits: dict[str, list[dict[str, Any]]] = {}
        self._last = ("", "")  # split and key of the last clip
        self._open = ExitStack()  # the shard being written
        self._tar: TarWriter | None = None
        self._path = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def add(self, clip: StoredClip) -> None:
        """Append a clip. Clips come sorted by split and key, since nothing else makes two runs equal."""
        split, key = clip.record.split, clip.record.key
        assert (split, key) > self._last, f"{key} comes after {self._last[1]}"
        size = sum(_TAR_BLOCK + _padded(len(data)) for data in clip.members.values())
        if self._tar is None or split != self._last[0] or self._tar.tarstream.offset + size > self._shard_bytes:
            self._next_shard(split)
        assert self._tar is not None
        self._last = (split, key)
        offset = self._tar.tarstream.offset
        for member, data in sorted(clip.members.items()):
            row = {"key": key, "member": member, "shard": self._path.name, "offset": offset + _TAR_BLOCK}
            self._index.append(row | {"size": len(data), "crc32": zlib.crc32(data)})
            offset += _TAR_BLOCK + _padded(len(data))
        with machine_errors(self._path):
            self._tar.write({"__key__": key, **clip.members})
        assert self._tar.tarstream.offset == offset, "members lie where the index says"
        self._splits[split][-1]["clips"] += 1
        self._rows.append(to_row(clip.record, shard=self._path.name, start=clip.start))

    def finish(
        self,
        *,
        name: str,
        items: int,
        used: int | None = None,
        failures: Sequence[Failure],
        fit: Fit,
        channel: Channel,
        made: Mapping[str, Any],
    ) -> None:
        """Write the tables and the manifest.

        Args:
            items: how many source items went in; each gave a clip or is among `failures`.
            used: how many gave a clip; None where no two share a source, so that the sources tell.
            made: how the set was made (settings, versions, seed, parent); without times, so that bytes repeat.
        """
        sources = {row["source"] for row in self._rows}
        used = len(sources) if used is None else used
        assert items == used + len(failures), f"{items} items, {used} used, {len(failures)} failed"
        assert used >= len(sources), f"{used} items gave clips of {len(sources)} sources"
        self._close_shard()
        _write_table(self._folder / CLIPS, self._rows, CLIPS_SCHEMA)
        _write_table(self._folder / INDEX, self._index, INDEX_SCHEMA)
        atomic_write(self._folder / FAILURES, failures_csv(failures))
        manifest = {
            "schema_version": SCHEMA_VERSION,
            "name": name,
            "fit": fit,
            "channel": channel,
            "items": items,
            "clips": len(self._rows),
            "failures": len(failures),
            "splits": self._splits,
            "made": made,
        }
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        atomic_write(self._folder / MANIFEST, text)

    def _next_shard(self, split: str) -> None:
        self._close_shard()
        shards = self._splits.setdefault(split, [])
        self._path = self._folder / shard_name(split, len(shards))
        shards.append({"file": self._path.name, "clips": 0})
        temporary = self._open.enter_context(atomic_file(self._path))
        file = self._open.enter_context(temporary.open("wb"))
        # Without an encoder, members are written as they are; a fixed time makes the bytes repeat.
        self._tar = self._open.enter_context(TarWriter(file, encoder=False, mtime=0))

    def _close_shard(self) -> None:
        if self._tar is None:
            return
        self._tar = None
        self._open.close()
        shard = self._splits[self._last[0]][-1]
        shard |= {"bytes": self._path.stat().st_size, "sha256": sha256_file(self._path)}


def _padded(size: int) -> int:
    return -(-size // _TAR_BLOCK) * _TAR_BLOCK


def _write_table(path: Path, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> None:
    with atomic_file(path) as temporary:
        pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), temporary)


def failures_csv(failures: Sequence[Failure]) -> str:
    """`failures.csv` of these items."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Failure)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(failure) for failure in sorted(failures, key=lambda failure: failure.item))
    return text.getvalue()
