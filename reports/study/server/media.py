"""Handing out clips, whole or in part: browsers ask for ranges, and some play nothing without them."""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes [first, last] of `total`."""

    first: int
    last: int
    total: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


class UnsatisfiableError(ValueError):
    """The range lies outside the file."""


def wanted_part(header: str | None, total: int) -> Part | None:
    """The part that a Range header asks for; None for the whole (no header, or one that may be passed over).

    Raises:
        UnsatisfiableError: no byte of the file lies in it.

    Source: RFC 9110, section 14. Several ranges at once may be answered with the whole.
    """
    match = _RANGE.fullmatch((header or "").strip())
    if match is None or match.group(1) == match.group(2) == "":
        return None
    begin, end = match.groups()
    if begin == "":  # the last so many bytes
        first, last = max(0, total - int(end)), total - 1
    else:
        first, last = int(begin), min(int(end) if end else total - 1, total - 1)
        if end and int(end) < int(begin):
            return None
    if first >= total:
        raise UnsatisfiableError
    return Part(first, last, total)


def open_clip(path: Path) -> tuple[BinaryIO, int]:
    """A clip's file and its size in bytes.

    Raises:
        FileNotFoundError: there is none, or what is there is a link or no plain file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise FileNotFoundError(path) from error
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        os.close(handle)
        raise FileNotFoundError(path)
    return os.fdopen(handle, "rb"), facts.st_size
