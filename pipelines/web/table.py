"""Lists of millions of rows, as items that are made when somebody asks for them.

Memory holds the bytes of the lists and some 50 more for each row: for AudioSet's 2.1 million rows, 0.2 GB.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from avbench.errors import DataError
from pipelines.web.item import RejectedRow, WebItem
from pipelines.web.lists import ListFile, ListRow, csv_cells, csv_rows, refuse_useless, rejected_row

_BLOCK = 2**16  # names that are Python's own before they are put into an array


@dataclass(frozen=True, slots=True)
class ListPart:
    """One of the lists that make a table, as CSV."""

    file: ListFile
    parse: Callable[[ListRow], WebItem]  # raises DataError
    comment: str  # rows that begin so are none


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ItemTable(Sequence[WebItem]):
    """The items of N rows of some lists, one list behind the other."""

    parts: Sequence[ListPart]
    part: NDArray[np.uint8]  # (N,): of which list each row is
    lines: NDArray[np.int64]  # (N,): from 1
    begins: NDArray[np.int64]  # (N,): first bytes
    keys: NDArray[np.bytes_]  # (N,): of the items
    videos: NDArray[np.bytes_]  # (N,): their names

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, place: int) -> WebItem: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[WebItem, ...]: ...
    def __getitem__(self, place: int | slice) -> WebItem | tuple[WebItem, ...]:
        if isinstance(place, slice):
            return tuple(self[one] for one in range(*place.indices(len(self))))
        return self._part(place).parse(self.row(place))

    def __iter__(self) -> Iterator[WebItem]:
        return (self[place] for place in range(len(self)))

    def row(self, place: int) -> ListRow:
        """The row that makes the item at `place`."""
        begin = int(self.begins[place])
        text = self._part(place).file.line_at(begin)
        return ListRow(int(self.lines[place]), begin, text, csv_cells(text))

    def only(self, some: NDArray[np.bool_]) -> "ItemTable":
        """The rows that (N,) says."""
        return ItemTable(
            parts=self.parts,
            part=self.part[some],
            lines=self.lines[some],
            begins=self.begins[some],
            keys=self.keys[some],
            videos=self.videos[some],
        )

    def _part(self, place: int) -> ListPart:
        return self.parts[int(self.part[place])]


def read_table(parts: Sequence[ListPart]) -> tuple[ItemTable, tuple[RejectedRow, ...]]:
    """Read all rows of the lists, at most 256. Rows of which `parse` raises DataError, and those whose item has the
    key of an earlier one, are rejected.

    Raises:
        DataError: a list has no row that can be used.
    """
    table, rejected = _read_rows(parts)
    first = _first_places(table.keys)
    new = first == np.arange(len(table))
    for place in np.flatnonzero(~new):
        part, before = int(table.part[place]), first[place]
        same_list = part == table.part[before]
        message = f"says again what line {table.lines[before]} says" if same_list else "is in an earlier list too"
        rejected[part].append(rejected_row(table.row(int(place)), message))
    in_order = (row for some in rejected for row in sorted(some, key=lambda row: row.line))
    return table if new.all() else table.only(new), tuple(in_order)


def places_by_key(items: Sequence[WebItem]) -> NDArray[np.int64]:
    """Where the items are, in the order of their keys."""
    keys = items.keys if isinstance(items, ItemTable) else np.array([item.key.encode() for item in items], np.bytes_)
    return np.argsort(keys, kind="stable")


def count_videos(items: Sequence[WebItem]) -> int:
    """How many videos they are of."""
    return len(np.unique(items.videos)) if isinstance(items, ItemTable) else len({item.video for item in items})


def _read_rows(parts: Sequence[ListPart]) -> tuple[ItemTable, list[list[RejectedRow]]]:
    """All rows that make items, and, list by list, those that do not."""
    part, lines, begins = array("B"), array("q"), array("q")
    keys, videos = _Names(), _Names()
    rejected: list[list[RejectedRow]] = []
    for number, one in enumerate(parts):
        useless = []
        before = len(lines)
        for row in csv_rows(one.file):
            if row.text.startswith(one.comment):
                continue
            if isinstance(row, RejectedRow):
                useless.append(row)
                continue
            try:
                item = one.parse(row)
            except DataError as error:
                useless.append(rejected_row(row, str(error)))
                continue
            part.append(number)
            lines.append(row.line)
            begins.append(row.begin)
            keys.append(item.key)
            videos.append(item.video)
        refuse_useless(one.file, lines[before:], useless)
        rejected.append(useless)
    table = ItemTable(
        parts=parts,
        part=np.array(part, np.uint8),
        lines=np.array(lines, np.int64),
        begins=np.array(begins, np.int64),
        keys=keys.all(),
        videos=videos.all(),
    )
    return table, rejected


class _Names:
    """Many short names of ASCII, put into arrays by and by."""

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.bytes_]] = []
        self._latest: list[bytes] = []

    def append(self, name: str) -> None:
        self._latest.append(name.encode())
        if len(self._latest) == _BLOCK:
            self._pack()

    def all(self) -> NDArray[np.bytes_]:
        """In their order."""
        self._pack()
        return np.concatenate(self._blocks)

    def _pack(self) -> None:
        self._blocks.append(np.array(self._latest, np.bytes_))
        self._latest = []


def _first_places(names: NDArray[np.bytes_]) -> NDArray[np.int64]:
    """For each name, the place of the first one that is equal."""
    order = np.argsort(names, kind="stable")
    ordered = names[order]
    new = np.ones(len(names), bool)
    new[1:] = ordered[1:] != ordered[:-1]
    first = np.empty(len(names), np.int64)
    first[order] = order[np.flatnonzero(new)[np.cumsum(new) - 1]]
    return first
