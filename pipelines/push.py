"""A finished clip set to object storage, or wherever `fsspec` reaches: objects whole, and `clipset.json` last.

A reader who finds `clipset.json` there finds everything that it names.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from avbench.clipset.layout import MANIFEST
from avbench.clipset.shards import ShardClipSet
from avbench.errors import DataError, MissingError, UsageError
from avbench.progress import Progress, silent
from avbench.workspace import atomic_write, home, lock, sha256_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What was put."""

    url: str
    objects: int  # of the set
    put: int  # of these, now; the others were there
    bytes: int  # that were put now


def push(folder: Path, url: str, *, progress: Progress = silent) -> Pushed:
    """Put the finished clip set in `folder` to `url`, for example s3://bucket/landscape. What an interrupted push put
    is not put again; what another set left there is removed.

    Raises:
        UsageError: `url` is none that fsspec knows.
        DataError: `folder` holds no finished clip set.
        MissingError: the package for this kind of storage is not installed; or it cannot be reached, or refuses.
        MachineError: another process is at `folder`.
    """
    if not (folder / MANIFEST).is_file():
        raise DataError(f"{folder}: there is no finished clip set; prepare it first")
    with lock(folder):
        shards = ShardClipSet(folder).shards
        place = _Place(url)
        files = _files(folder)
        hashes = {
            file.name: shards[file.name]["sha256"] if file.name in shards else sha256_file(file) for file in files
        }
        missing = [file for file in files if not place.has(file, hashes[file.name])]
        if missing and missing != [folder / MANIFEST]:
            # Nobody is to read a set of which a half is missing, or another one's.
            place.remove(MANIFEST)
            missing = [*(file for file in missing if file.name != MANIFEST), folder / MANIFEST]
        total = sum(file.stat().st_size for file in missing)
        done = 0
        for file in missing:
            if file.name == MANIFEST:
                place.remove_others(set(hashes))
            place.put(file, hashes[file.name])
            done += file.stat().st_size
            progress("pushing", done, total)
    return Pushed(url=url, objects=len(files), put=len(missing), bytes=total)


def _files(folder: Path) -> list[Path]:
    """All that belongs to the set, the manifest last. The ledger and what it stands on remain where they are."""
    files = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith((".", "ledger.sqlite"))]
    return sorted(files, key=lambda path: (path.name == MANIFEST, path.name))


class _Place:
    """Where the objects of a set lie, and what is known to have been put there."""

    def __init__(self, url: str) -> None:
        import fsspec
        import fsspec.implementations.local

        self._url = url
        with self._errors():
            self._filesystem, self._root = fsspec.core.url_to_fs(url)
            if isinstance(self._filesystem, fsspec.implementations.local.LocalFileSystem):
                self._filesystem.makedirs(self._root, exist_ok=True)  # elsewhere this would make a bucket of a slip
        self._notes = home() / "pushed" / f"{hashlib.sha256(url.encode()).hexdigest()[:24]}.json"
        # The sha256 of what was put there, by object.
        self._known: dict[str, str] = json.loads(self._notes.read_text()) if self._notes.is_file() else {}

    def has(self, file: Path, sha256: str) -> bool:
        """Whether this content was put there, and is still of that size."""
        return self._known.get(file.name) == sha256 and self._size(file.name) == file.stat().st_size

    def put(self, file: Path, sha256: str) -> None:
        with self._errors():
            self._filesystem.put_file(str(file), self._path(file.name))
        if self._size(file.name) != file.stat().st_size:
            raise MissingError(f"{self._url}/{file.name}: it has another size there than here; push again")
        self._note(self._known | {file.name: sha256})

    def remove(self, name: str) -> None:
        self._note({other: sha256 for other, sha256 in self._known.items() if other != name})
        if self._size(name) is not None:
            with self._errors():
                self._filesystem.rm_file(self._path(name))

    def remove_others(self, names: set[str]) -> None:
        """Remove what was pushed to this place before and is not among `names`."""
        for name in self._known.keys() - names:
            self.remove(name)

    def _size(self, name: str) -> int | None:
        with self._errors():
            self._filesystem.invalidate_cache()
            try:
                return int(self._filesystem.info(self._path(name))["size"])
            except FileNotFoundError:
                return None

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def _note(self, known: dict[str, str]) -> None:
        self._known = known
        atomic_write(self._notes, json.dumps(known, indent=2))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except ImportError as error:
            extra = "; for S3: pip install 'avbench[s3]'" if self._url.startswith("s3:") else ""
            raise MissingError(f"{self._url}: a package is missing for such storage ({error}){extra}") from error
        except ValueError as error:
            raise UsageError(f"{self._url}: {error}") from error
        except Exception as error:  # every kind of storage has exceptions of its own
            raise MissingError(f"{self._url}: {error}") from error
