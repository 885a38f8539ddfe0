"""Where things lie, and how they are written: whole or not at all, by one process at a time."""

import contextlib
import errno
import fcntl
import hashlib
import os
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from avbench.errors import MachineError

_held: weakref.WeakSet[TextIO] = weakref.WeakSet()  # lock files


def _let_go() -> None:
    for file in _held:
        file.close()


# A lock lasts until the last process that inherited it ends: one that outlives us must not keep it.
os.register_at_fork(after_in_child=_let_go)


def home() -> Path:
    """Folder of the caches (weights, features): `AVBENCH_HOME`, by default `avbench` in the user's cache folder."""
    if chosen := os.environ.get("AVBENCH_HOME"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "avbench"


def offline() -> bool:
    """Whether `AVBENCH_OFFLINE=1` forbids downloads."""
    return os.environ.get("AVBENCH_OFFLINE", "") not in ("", "0")


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def atomic_write(path: Path, data: bytes | str) -> None:
    """Write `data` to `path` so that a reader sees the old file or the whole new one, even after `kill -9`.

    Raises:
        MachineError: the disk is full or the folder cannot be written.
    """
    with atomic_file(path) as temporary:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`: renamed to it when the block ends well, removed when it does not.

    Raises:
        MachineError: the disk is full or the folder cannot be written.
    """
    with machine_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(0o666 & ~_umask())  # mkstemp makes private files; a shared workspace wants the usual mode
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def machine_errors(path: Path) -> Iterator[None]:
    """Turns the operating system's refusals to write `path` into a `MachineError` that says what to do."""
    space = "free some space, then give the same command again"
    elsewhere = "choose another folder, with --out for results and AVBENCH_HOME for caches"
    advice = {
        errno.ENOSPC: f"the disk is full: {space}",
        errno.EDQUOT: f"the disk quota is used up: {space}",
        errno.EFBIG: f"the file system or a limit (ulimit -f) takes no larger file: {elsewhere}",
        errno.EACCES: f"it cannot be written: check the folder's permissions, or {elsewhere}",
        errno.EPERM: f"it cannot be written: check the folder's permissions, or {elsewhere}",
        errno.EROFS: f"the file system is read-only: {elsewhere}",
        errno.EEXIST: f"a file stands where a folder is needed: {elsewhere}",
        errno.ENOTDIR: f"a file stands where a folder is needed: {elsewhere}",
    }
    try:
        yield
    except OSError as error:
        if error.errno not in advice:
            raise
        raise MachineError(f"{path}: {advice[error.errno]}") from error


@contextlib.contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process. The lock ends with the process, however it dies.

    Raises:
        MachineError: another process holds it, or the folder cannot be written.
    """
    path = folder / ".lock"
    with machine_errors(path):
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise MachineError(f"{folder}: another avbench command is writing there; wait until it ends") from error
        _held.add(file)
        yield


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
