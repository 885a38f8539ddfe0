"""Reading public lists: from a file or a URL, held to a hash, row by row, so that a bad row costs itself alone."""

import csv
import hashlib
import io
import logging
import re
from collections.abc import Callable, Iterator, Sized
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from avbench.errors import DataError, MissingError, UsageError
from avbench.progress import Progress, silent
from avbench.weights.download import download
from avbench.workspace import home, machine_errors, offline
from pipelines.web.item import RejectedRow, WebItem

logger = logging.getLogger(__name__)

_SHOWN = 200  # characters of a bad row that are kept


@dataclass(frozen=True)
class ListRow:
    """A line of a list, split into cells without the white space around them."""

    line: int  # 1 for the list's first
    begin: int  # its first byte in the list
    text: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class ListFile:
    """A list's bytes, and the file or URL that they are from."""

    origin: str
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def name(self) -> str:
        """The file's name, without folders."""
        return self.origin.split("?")[0].rsplit("/", 1)[-1]

    def lines(self) -> Iterator[tuple[int, int, str]]:
        """All lines with something on them: number, from 1, first byte, and text."""
        begin = 0
        for number, line in enumerate(io.BytesIO(self.data), start=1):
            if text := _text(line).strip():
                yield number, begin, text
            begin += len(line)

    def line_at(self, begin: int) -> str:
        """The text of the line whose first byte is `begin`."""
        end = self.data.find(b"\n", begin)
        return _text(self.data[begin : len(self.data) if end < 0 else end]).strip()


def read_list(origin: str, *, sha256: str = "", refresh: bool = False, progress: Progress = silent) -> ListFile:
    """Read a list from a file or a URL. What came from a URL is kept in `AVBENCH_HOME/lists`, so that a set is gone on
    with tomorrow from the same list.

    Args:
        sha256: 64 hex digits that the list must have; "" takes any.
        refresh: fetch again what is kept.

    Raises:
        UsageError: the file does not exist.
        MissingError: the URL cannot be reached, or downloads are forbidden.
        DataError: it is empty, or has another hash.
    """
    is_url = urlsplit(origin).scheme in ("http", "https")
    path = _fetched(origin, refresh, progress) if is_url else Path(origin)
    if not path.is_file():
        raise UsageError(f"{origin} does not exist; check the list's path or URL")
    file = ListFile(origin, path.read_bytes())
    if sha256 and file.sha256 != sha256.lower():
        raise DataError(
            f"{origin}: its SHA-256 is {file.sha256}, wanted is {sha256.lower()}: the list is another one"
            + (f"; remove {path} to fetch it again" if is_url else "")
        )
    if not file.data.strip():
        raise DataError(f"{origin}: the list is empty")
    return file


def hash_of(files: list[ListFile]) -> str:
    """One SHA-256 for several lists; that of the file where there is one."""
    if len(files) == 1:
        return files[0].sha256
    return hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest()


def csv_rows(file: ListFile) -> Iterator[ListRow | RejectedRow]:
    """The rows of a comma-separated list; blanks after commas are allowed, an open quote spoils its own line only."""
    for number, begin, text in file.lines():
        try:
            yield ListRow(number, begin, text, csv_cells(text))
        except csv.Error as error:
            yield RejectedRow(line=number, text=text[:_SHOWN], message=f"not a row of CSV: {error}")


def csv_cells(line: str) -> tuple[str, ...]:
    """
    Raises:
        csv.Error: it is no row of CSV.
    """
    return tuple(cell.strip() for cell in next(csv.reader([line], skipinitialspace=True, strict=True)))


def read_items(
    rows: Iterator[ListRow | RejectedRow], parse: Callable[[ListRow], WebItem]
) -> tuple[list[WebItem], list[RejectedRow]]:
    """Parse each row; those of which `parse` raises DataError, and those that repeat an earlier key, are rejected."""
    items: dict[str, WebItem] = {}
    first: dict[str, int] = {}  # line of each key
    rejected = []
    for row in rows:
        if isinstance(row, RejectedRow):
            rejected.append(row)
            continue
        try:
            item = parse(row)
            if item.key in items:
                raise DataError(f"says again what line {first[item.key]} says")
        except DataError as error:
            rejected.append(rejected_row(row, str(error)))
            continue
        items[item.key] = item
        first[item.key] = row.line
    return list(items.values()), rejected


def rejected_row(row: ListRow, message: str) -> RejectedRow:
    return RejectedRow(line=row.line, text=row.text[:_SHOWN], message=message)


def refuse_useless(file: ListFile, items: Sized, rejected: list[RejectedRow]) -> None:
    """Raises DataError if no row could be used: what was read is hardly a list."""
    if not len(items):
        _raise_useless(file, rejected)


def _raise_useless(file: ListFile, rejected: list[RejectedRow]) -> NoReturn:
    why = f"; line {rejected[0].line}: {rejected[0].message}" if rejected else ""
    raise DataError(f"{file.origin}: none of its {len(rejected)} rows can be used{why}")


@cache  # lists say the same few times again and again; millions of rows share their fractions
def read_seconds(text: str) -> Fraction:
    """Seconds, as 83.5 or 1:23.5 or 0:01:23.5.

    Raises:
        DataError: it is no time.
    """
    if not re.fullmatch(r"(\d+:){0,2}\d+(\.\d+)?", text):
        raise DataError(f'"{text}" is not a time in seconds')
    seconds = Fraction(0)
    for part in text.split(":"):
        seconds = 60 * seconds + Fraction(part)
    return seconds


def stretch_key(video: str, start: Fraction | None) -> str:
    """The key of a stretch: its video's, and the millisecond at which it begins."""
    return video if start is None else f"{video}-{int(start * 1000):08d}"


def _text(line: bytes) -> str:
    """Bytes that are no UTF-8 become U+FFFD; the mark with which some programs begin a file is left out."""
    return line.decode("utf-8", errors="replace").removeprefix("\ufeff")


def _fetched(url: str, refresh: bool, progress: Progress) -> Path:
    name = re.sub(r"[^A-Za-z0-9._-]", "-", urlsplit(url).path.rsplit("/", 1)[-1]) or "list"
    path = home() / "lists" / f"{hashlib.sha256(url.encode()).hexdigest()[:12]}-{name}"
    if path.is_file() and not refresh:
        logger.info("%s: read from %s", url, path)
        return path
    if offline():
        raise MissingError(f"{url}: AVBENCH_OFFLINE=1 forbids downloads; give the list as a file, with --list FILE")
    part = path.with_name(path.name + ".part")
    with machine_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
    try:
        download(url, part, size=None, progress=lambda done, total: progress("fetching the list", done, total))
    except MissingError as error:
        raise MissingError(f"the list cannot be fetched: {error}; give a copy of it with --list FILE") from error
    with machine_errors(path):
        part.replace(path)
    return path
