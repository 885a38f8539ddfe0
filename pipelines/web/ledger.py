"""The ledger: what became of each item of a list so far, in a file that survives `kill -9`.

One row per item, in SQLite with a write-ahead log: a change is there whole or not at all. Only the process that holds
the folder's lock writes; anybody may read meanwhile.
"""

import contextlib
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, Self

import pyarrow as pa
import pyarrow.parquet as pq

from avbench.clipset import Failure
from avbench.clipset.layout import FAILURES, MANIFEST
from avbench.clipset.write import failures_csv
from avbench.errors import MachineError, UsageError
from avbench.workspace import atomic_file, atomic_write, machine_errors
from pipelines.web.item import Listing, WebItem

LEDGER = "ledger.sqlite"
LEDGER_TABLE = "ledger.parquet"

Stage = Literal["download", "screen", "encode"]
State = Literal["waiting", "running", "done", "failed"]

_VERSION = "1"
_MOST_VARIABLES = 500  # of one SQL statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of an item."""

    key: str
    video: str
    split: str
    label: str
    stage: Stage  # that it is at, or ended in
    state: State
    reason: str  # of a failure, or of the latest attempt that brought nothing
    message: str
    attempts: int  # at its download
    bytes: int | None  # of the download, which its video's other items share
    seconds: float | None  # that the download took
    file: str | None  # of the download; relative to the set's folder where it lies below
    sha256: str | None  # of that file
    page: Mapping[str, Any]  # what its page said of the video
    facts: Mapping[str, Any]  # what screening found


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """How a list differs from the one that the ledger knew: keys of items."""

    known: int  # items of the list before
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]  # another address, stretch, split or label

    def __str__(self) -> str:
        parts = []
        for what in ("added", "removed", "changed"):
            keys = getattr(self, what)
            if keys:
                parts.append(f"{len(keys)} {what} ({', '.join(keys[:3])}{', ...' if len(keys) > 3 else ''})")
        return ", ".join(parts)

    def __bool__(self) -> bool:
        return bool(self.known and (self.added or self.removed or self.changed))


class Ledger:
    """The ledger in the file `path`, which appears when it does not exist.

    Raises:
        MachineError: the disk is full, or the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._guarded():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=60, isolation_level=None)
            self._database.row_factory = sqlite3.Row
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT)")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS item (key TEXT PRIMARY KEY, video TEXT, split TEXT, label TEXT, "
                "stage TEXT DEFAULT 'download', state TEXT DEFAULT 'waiting', reason TEXT DEFAULT '', "
                "message TEXT DEFAULT '', attempts INTEGER DEFAULT 0, bytes INTEGER, seconds REAL, file TEXT, "
                "sha256 TEXT, page TEXT DEFAULT '{}', facts TEXT DEFAULT '{}', "
                "place TEXT, stretch TEXT, number INTEGER)"  # number: its place in the list; NULL: no longer listed
            )
        if self.note("version", _VERSION) != _VERSION:
            raise MachineError(f"{path}: it was written by another version of avbench; choose another --out")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._database.close()

    def note(self, name: str, value: str) -> str:
        """What was noted as `name` before; `value` is noted now if that is nothing."""
        with self._change():
            self._database.execute("INSERT OR IGNORE INTO note VALUES (?, ?)", (name, value))
        (noted,) = self._database.execute("SELECT value FROM note WHERE name = ?", (name,)).fetchone()
        return str(noted)

    def replace_note(self, name: str, value: str) -> None:
        self.replace_notes({name: value})

    def replace_notes(self, notes: Mapping[str, str]) -> None:
        with self._change():
            self._database.executemany("INSERT OR REPLACE INTO note VALUES (?, ?)", list(notes.items()))

    def notes(self, prefix: str) -> dict[str, str]:
        """All notes whose names begin so, by the rest of the name."""
        query = "SELECT substr(name, ?), value FROM note WHERE substr(name, 1, ?) = ?"
        with self._guarded():
            return dict(self._database.execute(query, (len(prefix) + 1, len(prefix), prefix)).fetchall())

    def adopt(self, listing: Listing) -> Changes:
        """Make `listing` the list of this ledger. Items that were known keep what became of them.

        What a process that died was about is waiting again.

        Raises:
            UsageError: the ledger is of another source.
        """
        source = self.note("source", listing.source)
        if source != listing.source:
            raise UsageError(f"{self.path.parent}: this folder holds {source}, not {listing.source}; choose another")
        known = {
            key: tuple(rest)
            for key, *rest in self._database.execute(
                "SELECT key, video, split, label, place, stretch FROM item WHERE number IS NOT NULL"
            )
        }
        now = {item.key: _columns(item) for item in listing.items}
        with self._change():
            self._database.execute("UPDATE item SET number = NULL")
            self._database.executemany(
                "INSERT INTO item (key, video, split, label, place, stretch, number) VALUES (?, ?, ?, ?, ?, ?, ?) "
                # A video at another address is fetched again; another stretch of it is screened again.
                "ON CONFLICT (key) DO UPDATE SET "
                "file = CASE WHEN place = excluded.place AND video = excluded.video THEN file END, "
                "state = CASE WHEN place != excluded.place OR video != excluded.video THEN 'waiting' "
                "WHEN stretch != excluded.stretch AND stage != 'download' THEN 'done' ELSE state END, "
                "stage = CASE WHEN place != excluded.place OR video != excluded.video OR stretch != excluded.stretch "
                "THEN 'download' ELSE stage END, "
                "video = excluded.video, split = excluded.split, label = excluded.label, place = excluded.place, "
                "stretch = excluded.stretch, number = excluded.number",
                [(key, *columns, number) for number, (key, columns) in enumerate(now.items())],
            )
            self._database.execute("UPDATE item SET state = 'waiting' WHERE stage = 'download' AND state = 'running'")
            self._database.execute(
                "UPDATE item SET stage = 'download', state = 'done' WHERE stage = 'screen' AND state = 'running'"
            )
        return Changes(
            known=len(known),
            added=tuple(key for key in now if key not in known),
            removed=tuple(key for key in known if key not in now),
            changed=tuple(key for key in now if key in known and now[key] != known[key]),
        )

    def rows(self) -> list[Row]:
        """All items of the list, in its order."""
        names = [field.name for field in fields(Row)]
        query = f"SELECT {', '.join(names)} FROM item WHERE number IS NOT NULL ORDER BY number"
        with self._guarded():
            return [
                Row(**dict(row) | {"page": json.loads(row["page"]), "facts": json.loads(row["facts"])})
                for row in self._database.execute(query)
            ]

    def begin(self, stage: Stage, keys: Collection[str]) -> None:
        """A worker is about to take these items on."""
        attempts = "attempts + 1" if stage == "download" else "attempts"
        self._update(keys, f"stage = ?, state = 'running', attempts = {attempts}", stage)

    def wait(self, stage: Stage, keys: Collection[str], reason: str = "", message: str = "") -> None:
        """These items are to be taken on again, after what `reason` names."""
        self._update(keys, "stage = ?, state = 'waiting', reason = ?, message = ?", stage, reason, message)

    def fail(
        self, stage: Stage, keys: Collection[str], reason: str, message: str, facts: Mapping[str, Any] | None = None
    ) -> None:
        """These items end in `stage`."""
        self._update(keys, "stage = ?, state = 'failed', reason = ?, message = ?", stage, reason, message)
        if facts is not None:
            self._update(keys, "facts = ?", json.dumps(facts))

    def finish_download(
        self, keys: Collection[str], *, file: str, bytes: int, sha256: str, seconds: float, page: Mapping[str, Any]
    ) -> None:
        """The video of these items is on the disk."""
        self._update(
            keys,
            "stage = 'download', state = 'done', reason = '', message = '', file = ?, bytes = ?, sha256 = ?, "
            "seconds = ?, page = ?",
            *(file, bytes, sha256, seconds, json.dumps(page)),
        )

    def finish(self, stage: Stage, keys: Collection[str], facts: Mapping[str, Any] | None = None) -> None:
        """These items have passed `stage`."""
        self._update(keys, "stage = ?, state = 'done', reason = '', message = ''", stage)
        if facts is not None:
            self._update(keys, "facts = ?", json.dumps(facts))

    def retry(self, reason: str | None = None) -> int:
        """Let failed items, or those that failed for `reason`, be tried again; how many these are."""
        failed = [row for row in self.rows() if row.state == "failed" and reason in (None, row.reason)]
        self.wait("download", [row.key for row in failed if row.stage == "download"])
        self._update([row.key for row in failed if row.stage != "download"], "stage = 'download', state = 'done'")
        return len(failed)

    def screen_again(self) -> None:
        """Forget what screening said."""
        rows = [row for row in self.rows() if row.stage != "download"]
        self._update([row.key for row in rows], "stage = 'download', state = 'done', reason = '', message = ''")

    def encoded(self, failures: Iterable[Failure]) -> None:
        """The set is made: all items that had passed until now are in it, but these."""
        failed = {failure.item: failure for failure in failures if failure.stage not in ("download", "screen", "list")}
        passed = [row.key for row in self.rows() if row.state == "done"]
        self.finish("encode", [key for key in passed if key not in failed])
        for key in passed:
            if key in failed:
                self.fail("encode", [key], failed[key].reason, failed[key].message)

    def failures(self) -> tuple[Failure, ...]:
        """The items that failed, in the list's order."""
        return tuple(
            Failure(row.key, row.stage, row.reason, row.message) for row in self.rows() if row.state == "failed"
        )

    def export(self) -> None:
        """Write all rows as `ledger.parquet` beside the ledger, and, until the set is made, `failures.csv`.

        Raises:
            MachineError: the disk is full or the folder cannot be written.
        """
        if not (self.path.parent / MANIFEST).exists():
            atomic_write(self.path.parent / FAILURES, failures_csv(self.failures()))
        columns = [
            {name: json.dumps(value) if isinstance(value, dict) else value for name, value in _as_dict(row).items()}
            for row in self.rows()
        ]
        with atomic_file(self.path.parent / LEDGER_TABLE) as temporary:
            pq.write_table(pa.Table.from_pylist(columns, schema=_SCHEMA), temporary)

    def _update(self, keys: Collection[str], columns: str, *values: Any) -> None:
        some = list(keys)
        with self._change():
            for begin in range(0, len(some), _MOST_VARIABLES):
                part = some[begin : begin + _MOST_VARIABLES]
                marks = ",".join("?" * len(part))
                self._database.execute(f"UPDATE item SET {columns} WHERE key IN ({marks})", (*values, *part))

    @contextlib.contextmanager
    def _change(self) -> Iterator[None]:
        """All of the block's changes, or none."""
        with self._guarded():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        with machine_errors(self.path):
            try:
                yield
            except sqlite3.DatabaseError as error:
                raise MachineError(
                    f"{self.path}: the ledger cannot be used ({error}); free some space on the disk if it is full, "
                    "then give the same command again"
                ) from error


_SCHEMA = pa.schema(
    [
        (
            field.name,
            {"attempts": pa.int64(), "bytes": pa.int64(), "seconds": pa.float64()}.get(field.name, pa.string()),
        )
        for field in fields(Row)
    ]
)


def _as_dict(row: Row) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(Row)}


def _columns(item: WebItem) -> tuple[str, str, str, str, str]:
    """video, split, label, place, stretch"""
    return item.video, item.split, item.label, f"{item.via} {item.url}", f"{item.start} {item.end}"
