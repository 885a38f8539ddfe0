"""Taking a finished set apart: its clips go back to the work bench, so that more items can join them.

What a set was made from is gone by the time somebody tries its failures again, or its list has grown. Nothing is
downloaded or encoded twice: the shards hold what the bench held, and the ledger keeps the rest.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pyarrow.parquet as pq

from avbench.clipset.layout import CLIPS, MANIFEST, WORK, rational
from avbench.clipset.records import Failure
from avbench.clipset.shards import ShardClipSet
from avbench.clipset.write import StoredClip
from avbench.errors import UsageError
from avbench.progress import Progress, silent
from avbench.workspace import machine_errors
from pipelines.bench import BenchItem, digest, restore_item
from pipelines.source import Harvest
from pipelines.storage import Storage, versions
from pipelines.web.ledger import Ledger

_NOTE = "encoded "  # and the item's key: what became of it on the bench, but for its clips


def note_encoded(ledger: Ledger, harvest: Harvest, storage: Storage, results: Mapping[str, BenchItem]) -> None:
    """Keep what `take_apart` needs to know besides what is in the shards."""
    notes = {}
    for item in harvest.items:
        result = results[item.key]
        note = {
            "digest": digest(item, storage),
            "failure": asdict(result.failure) if result.failure else None,
            "tail": float(result.tail),
            "damaged": result.damaged,
        }
        notes[_NOTE + item.key] = json.dumps(note)
    ledger.replace_notes(notes)


def take_apart(out: Path, ledger: Ledger, progress: Progress = silent) -> None:
    """Put all items of the finished set in `out` back to the bench; it is no finished set from then on.

    Killed on the way, it begins again.

    Raises:
        UsageError: the set was made by other versions, so that new clips would not fit in.
        DataError: the set is damaged.
        MachineError: the disk is full or the folder cannot be written.
    """
    clipset = ShardClipSet(out)
    _refuse_other_versions(out, clipset.manifest["made"]["versions"])
    clips = _StoredClips(clipset)
    notes = ledger.notes(_NOTE)
    keys = [row.key for row in ledger.rows() if row.stage == "encode" and row.key in notes]
    for done, key in enumerate(keys, start=1):
        if not (out / WORK / key).is_dir():
            note = json.loads(notes[key])
            failure = Failure(**note["failure"]) if note["failure"] else None
            result = BenchItem((), failure, rational(note["tail"]), note["damaged"])
            restore_item(out / WORK, key, note["digest"], result, clips.of(key))
        progress("taking the set apart", done, len(keys))
    with machine_errors(out):
        (out / MANIFEST).unlink()


def _refuse_other_versions(out: Path, made_by: Mapping[str, str]) -> None:
    now = versions()
    changes = ", ".join(
        f"{name} {made_by.get(name)}, now {now[name]}" for name in now if now[name] != made_by.get(name)
    )
    if changes:
        raise UsageError(
            f"{out}: the finished set was made by other versions ({changes}), and clips of both do not go together; "
            "use those versions, or choose another --out"
        )


class _StoredClips:
    """The clips of a set by the items that they are of."""

    def __init__(self, clipset: ShardClipSet) -> None:
        self._clipset = clipset
        table = pq.read_table(clipset.path / CLIPS, columns=["key", "start"]).to_pydict()
        self._starts = dict(zip(table["key"], table["start"], strict=True))
        self._places: dict[str, list[int]] = {}
        for index, record in enumerate(clipset.records):
            self._places.setdefault(record.key.rpartition("_")[0], []).append(index)

    def of(self, item: str) -> list[StoredClip]:
        """In the order of their keys."""
        return [self._read(index) for index in self._places.get(item, ())]

    def _read(self, index: int) -> StoredClip:
        record = self._clipset.records[index]
        return StoredClip(record, self._clipset.members(index), rational(self._starts[record.key]))
