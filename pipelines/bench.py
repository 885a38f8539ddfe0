"""The work bench of `prepare`: encoded clips, item by item, until they are gathered into shards.

An item's folder appears under its name only when all of it is there. Whoever is killed finds all finished items again.
"""

import contextlib
import errno
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
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
    with _new_folder(bench, item.key) as folder:
        result = {"digest": digest(item, storage), **_encode_into(folder, item, storage)}
        (folder / _RESULT).write_text(json.dumps(result))


def restore_item(bench: Path, key: str, item_digest: str, result: BenchItem, clips: Sequence[StoredClip]) -> None:
    """Put back what `make_item` made once.

    Args:
        item_digest: as `digest` gave it then.
        result: without clips.

    Raises:
        MachineError: the disk is full or the folder cannot be written.
    """
    with _new_folder(bench, key) as folder:
        rows = [_write_clip(folder, clip) for clip in clips]
        content = _as_json(rows, result.failure, result.tail, result.damaged)
        (folder / _RESULT).write_text(json.dumps({"digest": item_digest, **content}))


@contextlib.contextmanager
def _new_folder(bench: Path, key: str) -> Iterator[Path]:
    """A folder of the bench, which has its name only when the block has filled it."""
    with machine_errors(bench):
        unfinished = Path(tempfile.mkdtemp(dir=bench, prefix=f"{key}.", suffix=".tmp"))
        yield unfinished
        try:
            unfinished.rename(bench / key)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            # A worker outlived its killed parent by a moment and was quicker. Its bytes are the same.
            shutil.rmtree(unfinished)


def is_made(item: Item, storage: Storage, bench: Path) -> bool:
    """Whether `read_item` has something."""
    result = bench / item.key / _RESULT
    return result.is_file() and json.loads(result.read_text())["digest"] == digest(item, storage)


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
                rows.append(_write_clip(folder, clip))
    except DataError as error:
        errors.append(error)
    failure = None if rows else Failure.of(item.name, "encode", errors[0])
    return _as_json(rows, failure, tail, len(errors) if rows else 0)


def _write_clip(folder: Path, clip: StoredClip) -> dict[str, Any]:
    for member, data in clip.members.items():
        (folder / f"{clip.record.key}.{member}").write_bytes(data)
    return to_row(clip.record, shard="", start=clip.start)


def _as_json(rows: list[dict[str, Any]], failure: Failure | None, tail: Fraction, damaged: int) -> dict[str, Any]:
    return {
        "clips": rows,
        "failure": asdict(failure) if failure else None,
        "tail": float(tail),
        "damaged": damaged,
    }
