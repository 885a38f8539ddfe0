"""What was found out about media files, kept in AVBENCH_HOME so that a folder is read through only once."""

import contextlib
import json
import logging
import os
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from itertools import accumulate, pairwise
from math import lcm
from pathlib import Path
from typing import Any

from avbench.errors import DataError
from avbench.media.probe import AudioStream, MediaInfo, VideoStream, probe
from avbench.workspace import home, sha256_file

logger = logging.getLogger(__name__)

# The number grows when `probe` learns to see something else; older rows are then never read.
_TABLE = "probes_2"
_BATCH = 256  # files probed before their rows are written


@dataclass(frozen=True, slots=True)
class Probed:
    """A file's hash and streams. The times of its frames are kept packed: a clip set holds many of these."""

    sha256: str
    packed: bytes

    @property
    def info(self) -> MediaInfo:
        return _unpack(self.packed)


def probe_files(files: Sequence[Path], *, workers: int = 0) -> list[Probed | DataError]:
    """Probe files, in parallel, or recall them from `AVBENCH_HOME/index.sqlite` when size and time have not changed.

    Args:
        workers: number of threads; 0 for one per core, at most 8.

    Returns:
        For each file what it is, or the error that says why it cannot be used.
    """
    results: list[Probed | DataError] = []
    with _open_cache() as cache, ThreadPoolExecutor(workers or min(8, len(os.sched_getaffinity(0)))) as pool:
        for first in range(0, len(files), _BATCH):
            batch = files[first : first + _BATCH]
            identities = [_identity(file) for file in batch]
            known = [cache.get(identity) for identity in identities]
            fresh = pool.map(_probe, [file for file, found in zip(batch, known, strict=True) if found is None])
            found = [probed or next(fresh) for probed in known]
            cache.put(identities, found)
            results.extend(found)
    return results


def _probe(file: Path) -> Probed | DataError:
    try:
        return Probed(sha256_file(file), _pack(probe(file)))
    except DataError as error:
        return error
    except OSError as error:
        return DataError(f"{file}: it cannot be read ({error.strerror}); check its permissions")


@dataclass(frozen=True, slots=True)
class _Identity:
    """What tells a file from its later versions, without reading it."""

    path: bytes  # absolute; names need not be UTF-8
    size: int
    mtime_ns: int


def _identity(file: Path) -> _Identity:
    try:
        status = file.stat()
    except OSError:  # gone or out of reach; probing it will say so
        return _Identity(os.fsencode(file.absolute()), -1, -1)
    return _Identity(os.fsencode(file.absolute()), status.st_size, status.st_mtime_ns)


class _Cache:
    """The table of probed files. Without a connection it knows nothing and keeps nothing."""

    def __init__(self, connection: sqlite3.Connection | None) -> None:
        self._connection = connection

    def get(self, identity: _Identity) -> Probed | None:
        if self._connection is None:
            return None
        query = f"SELECT sha256, packed FROM {_TABLE} WHERE path = ? AND size = ? AND mtime_ns = ?"
        row = self._connection.execute(query, (identity.path, identity.size, identity.mtime_ns)).fetchone()
        return Probed(*row) if row else None

    def put(self, identities: Sequence[_Identity], found: Sequence[Probed | DataError]) -> None:
        """Keep what was found. Files that failed are not kept: they may be whole the next time."""
        if self._connection is None:
            return
        rows = [
            (identity.path, identity.size, identity.mtime_ns, probed.sha256, probed.packed)
            for identity, probed in zip(identities, found, strict=True)
            if isinstance(probed, Probed)
        ]
        with self._connection:
            self._connection.executemany(f"INSERT OR REPLACE INTO {_TABLE} VALUES (?, ?, ?, ?, ?)", rows)


@contextlib.contextmanager
def _open_cache() -> Iterator[_Cache]:
    try:
        home().mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(home() / "index.sqlite", timeout=60)
        with connection:
            columns = "path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, sha256 TEXT, packed BLOB"
            connection.execute(f"CREATE TABLE IF NOT EXISTS {_TABLE} ({columns})")
    except (OSError, sqlite3.Error) as error:
        # It only saves time: a home that is full or read-only must not stop anybody from reading videos.
        logger.warning("%s cannot be used (%s); files are probed anew", home() / "index.sqlite", error)
        yield _Cache(None)
        return
    with contextlib.closing(connection):
        yield _Cache(connection)


def _pack(info: MediaInfo) -> bytes:
    """`info` as compressed JSON; the times as whole steps between frames, which hardly ever vary."""
    content = asdict(info)
    if info.video is not None:
        times = info.video.times
        scale = lcm(*(time.denominator for time in times))
        ticks = [int(time * scale) for time in times]
        content["video"]["times"] = [scale, ticks[0], *(b - a for a, b in pairwise(ticks))]
    return zlib.compress(json.dumps(content, default=str).encode())  # str: fractions as "1001/30000"


def _unpack(packed: bytes) -> MediaInfo:
    content = json.loads(zlib.decompress(packed))
    video, audio = content["video"], content["audio"]
    if video is not None:
        scale, *steps = video["times"]
        video["times"] = tuple(Fraction(tick, scale) for tick in accumulate(steps))
    return MediaInfo(
        video=VideoStream(**_with_fractions(VideoStream, video)) if video else None,
        audio=AudioStream(**_with_fractions(AudioStream, audio)) if audio else None,
    )


def _with_fractions(stream: type[VideoStream | AudioStream], values: dict[str, Any]) -> dict[str, Any]:
    """`values` with fractions where the fields of `stream` want some; JSON has them as text."""
    wanted = {field.name for field in fields(stream) if field.type is Fraction}
    return {name: Fraction(value) if name in wanted else value for name, value in values.items()}
