"""A file that only grows, line by line, and holds each line before anybody is told so."""

import os
from pathlib import Path

from avbench.workspace import machine_errors


class Journal:
    """Lines of text on disk. One process writes; the lock against a second one is the caller's.

    A process that was killed while it wrote leaves a last line without its end. Nobody was told that this line was
    taken, so the next start cuts it off.
    """

    def __init__(self, path: Path) -> None:
        """Open or create `path`, readable by its owner alone.

        Raises:
            MachineError: it cannot be written.
        """
        self.path = path
        with machine_errors(path):
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            content = path.read_bytes()
            self._length = content.rfind(b"\n") + 1
            if self._length < len(content):
                os.ftruncate(self._file, self._length)
            os.fsync(self._file)
            _sync_folder(path.parent)  # else a crash of the machine may forget that there is such a file

    def append(self, line: str) -> None:
        """Add a line; when this returns, it outlives the process and the machine's power.

        Raises:
            MachineError: the disk is full or broken. The file is then as it was before.
        """
        data = line.encode() + b"\n"
        with machine_errors(self.path):
            try:
                written = 0
                while written < len(data):
                    written += os.write(self._file, data[written:])
                os.fsync(self._file)
            except OSError:
                os.ftruncate(self._file, self._length)
                raise
        self._length += len(data)

    def lines(self) -> list[str]:
        """All lines."""
        return self.path.read_text(encoding="utf-8").split("\n")[:-1]

    def close(self) -> None:
        os.close(self._file)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
