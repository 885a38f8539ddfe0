"""The work bench of `prepare`: encoded clips, item by item, until they are gathered into shards.

An item's folder appears under its name only when all of it is there. Whoever is killed finds all finished items again.
"""

import errno
import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from avbench.clipset import ClipRecord, Failure
from avbench.clipset.layout import from_row, rational, to_row
from avbench.clipset.write import StoredClip
from avbench.errors import DataError
from avbench.workspace import machine_errors
from pipelines.cut import cut
from pipelines.encode import encode_clip
from pipelines.source import Item
from pipelines.storage import Storage, versions

_RESULT = "item.json"


@dataclass(frozen=True, slots=True)
class BenchClip:
    """A clip whose members lie on the bench."""

    record: ClipRecord
    start: Fraction
    folder: Path

    def load(self) -> StoredClip:
        files = self.folder.glob(f"{self.record.key}.*")
        members = {file.name.removeprefix(f"{self.record.key}."): file.read_bytes() for file in files}
        return StoredClip(self.record, members, self.start)


@dataclass(frozen=True, slots=True)
class BenchItem:
    """What became of an item."""

    clips: tuple[BenchClip, ...]
    failure: Failure | None  # where there is no clip
    tail: Fraction  # seconds at the end that were too few for a clip
    damaged: int  # clips that could not be decoded, beside others that could


def make_item(item: Item, storage: Storage, bench: Path) -> None:
    """Encode all clips of an item onto the bench. An item that cannot be decoded leaves a failure there.

    Raises:
        MachineError: the disk is full or the folder cannot be written.
    """
    with machine_errors(bench):
        unfinished = Path(tempfile.mkdtemp(dir=bench, prefix=f"{item.key}.", suffix=".tmp"))
        result = {"digest": digest(item, storage), **_encode_into(unfinished, item, storage)}
        (unfinished / _RESULT).write_text(json.dumps(result))
        try:
            unfinished.rename(bench / item.key)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            # A worker outlived its killed parent by a moment and was quicker. Its bytes are the same.
            shutil.rmtree(unfinished)


def read_item(item: Item, storage: Storage, bench: Path) -> BenchItem | None:
    """What an earlier `make_item` left, if it was for the same item and storage; anything else is removed."""
    folder = bench / item.key
    if not folder.is_dir():
        return None
    result = json.loads((folder / _RESULT).read_text())
    if result["digest"] != digest(item, storage):
        shutil.rmtree(folder)
        return None
    return BenchItem(
        clips=tuple(BenchClip(from_row(row), rational(row["start"]), folder) for row in result["clips"]),
        failure=Failure(**result["failure"]) if result["failure"] else None,
        tail=rational(result["tail"]),
        damaged=result["damaged"],
    )


def digest(item: Item, storage: Storage) -> str:
    """SHA-256 of all that decides what `make_item` makes."""
    parts = [item.key, item.split, item.source, item.identity, storage.as_dict(), versions()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _encode_into(folder: Path, item: Item, storage: Storage) -> dict[str, Any]:
    rows = []
    errors: list[DataError] = []
    tail = Fraction(0)
    try:
        with item.open() as recording:
            pieces = cut(recording.stretch.duration, storage.clip_seconds)
            tail = pieces.tail
            for span in pieces.spans:
                try:
                    clip = encode_clip(item, recording, span, storage)
                except DataError as error:  # a damaged place spoils its own clip only
                    errors.append(error)
                    continue
                for member, data in clip.members.items():
                    (folder / f"{clip.record.key}.{member}").write_bytes(data)
                rows.append(to_row(clip.record, shard="", start=clip.start))
    except DataError as error:
        errors.append(error)
    failure = None if rows else Failure.of(item.name, "encode", errors[0])
    return {
        "clips": rows,
        "failure": asdict(failure) if failure else None,
        "tail": float(tail),
        "damaged": len(errors) if rows else 0,
    }
