"""The feature cache: content-addressed rows, so that nothing is computed twice and no stale row is ever taken.

A row's address is the identity of what computed it (extractor, version, weights, preprocessing) and the content it was
computed from (clip sha256 and start, or an ordered batch of these). One SQLite file per identity: a row is there whole
or not at all, after `kill -9` too.
"""

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avbench import workspace
from avbench.errors import MachineError

Rows = NDArray[np.float32]  # (B, D); one window is (1, D)

_MOST_VARIABLES = 500  # of one SQL statement


class FeatureCache:
    """Rows of one identity.

    Args:
        identity: text that names everything, besides the content, that decides the numbers.
        folder: where the files lie, by default `features` in AVBENCH_HOME.
    """

    def __init__(self, identity: str, folder: Path | None = None) -> None:
        self.identity = identity
        folder = folder or workspace.home() / "features"
        self.path = folder / f"{hashlib.sha256(identity.encode()).hexdigest()[:24]}.sqlite"
        with _storage_errors(self.path):
            folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(self.path, timeout=60, isolation_level=None)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("CREATE TABLE IF NOT EXISTS identity (text TEXT PRIMARY KEY)")
            self._database.execute("INSERT OR IGNORE INTO identity VALUES (?)", (identity,))
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS rows (content TEXT PRIMARY KEY, dimensions INTEGER, data BLOB)"
            )

    def get(self, contents: Sequence[str]) -> dict[str, Rows]:
        """The rows that are there, by content."""
        found: dict[str, Rows] = {}
        for begin in range(0, len(contents), _MOST_VARIABLES):
            some = contents[begin : begin + _MOST_VARIABLES]
            marks = ",".join("?" * len(some))
            query = f"SELECT content, dimensions, data FROM rows WHERE content IN ({marks})"
            for content, dimensions, data in self._database.execute(query, some):
                found[content] = np.frombuffer(data, "<f4").reshape(-1, dimensions)
        return found

    def missing(self, contents: Iterable[str]) -> set[str]:
        """The contents that have no rows yet."""
        wanted = list(dict.fromkeys(contents))
        there: set[str] = set()
        for begin in range(0, len(wanted), _MOST_VARIABLES):
            some = wanted[begin : begin + _MOST_VARIABLES]
            query = f"SELECT content FROM rows WHERE content IN ({','.join('?' * len(some))})"
            there.update(content for (content,) in self._database.execute(query, some))
        return set(wanted) - there

    def put(self, rows: Mapping[str, Rows]) -> None:
        """Adds rows, all or none of them. A row that is there already stays as it is."""
        with _storage_errors(self.path):
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany(
                "INSERT OR IGNORE INTO rows VALUES (?, ?, ?)",
                [
                    (content, value.shape[-1], np.ascontiguousarray(value, "<f4").tobytes())
                    for content, value in rows.items()
                ],
            )
            self._database.execute("COMMIT")

    def close(self) -> None:
        self._database.close()


@contextlib.contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    with workspace.machine_errors(path):
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise MachineError(
                f"{path}: the feature cache cannot be used ({error}); if the disk is not full, delete the file: "
                "its features will be computed again"
            ) from error
