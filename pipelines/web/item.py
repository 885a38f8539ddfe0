"""What a data set's public list says: which stretch of which video on the web, and under what terms."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from avbench.errors import DataError

Via = Literal["youtube", "http"]

_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebItem:
    """One row of a list: a stretch of a video. Small, so that many can wait for a worker.

    Raises:
        DataError: a name cannot stand in a file name, or the stretch is empty.
    """

    key: str  # letters, digits, _ and -; names the item within its listing
    url: str
    via: Via  # youtube: a page that yt-dlp reads; http: the file itself
    video: str  # the video that `url` is, spelt as a key; items of one video share one download
    scene: str = ""  # what they share scenes with, where that is more than the video (a dance that nine cameras saw)
    split: str
    label: str = ""
    start: Fraction | None = None  # seconds in the file; None: from its beginning
    end: Fraction | None = None  # seconds in the file; None: to its end
    meta: Mapping[str, Any] = field(default_factory=dict)  # what else the list says of it

    def __post_init__(self) -> None:
        for name, value in (("key", self.key), ("video", self.video)):
            if not _NAME.fullmatch(value):
                raise DataError(f'{name} "{value}": only letters, digits, _ and - can stand in a file name')
        if self.end is not None and self.end <= (self.start or 0):
            raise DataError(f"{self.key}: it ends at {float(self.end):g} s, before it begins")


@dataclass(frozen=True, kw_only=True)
class RejectedRow:
    """A row of the list that says nothing usable."""

    line: int  # 1 for the list's first
    text: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What one must know before the first download."""

    name: str  # the licence's or the terms' name
    url: str  # where they can be read
    text: str  # what they ask, in a few sentences
    must_accept: bool  # whether nothing is downloaded before somebody has said yes


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A data set's list as it was read: rows in = items + rejected.

    Raises:
        DataError: two items have one key, or one video has two addresses.
    """

    source: str  # name of the source, for example "landscape"
    origin: str  # the file or URL the list was read from
    sha256: str  # of the list's bytes
    items: Sequence[WebItem]  # a tuple, or a table that has seen to what is raised here when it was read
    rejected: tuple[RejectedRow, ...] = ()
    terms: Terms
    crop: int | None = None  # pixels of the original: the square that is kept of pictures that are not square
    seed: int | None = None  # of whatever was drawn: splits, a sample
    drawn_from: int | None = None  # how many items there were before a sample was drawn

    def __post_init__(self) -> None:
        if not isinstance(self.items, tuple):
            return
        key, times = next(iter(Counter(item.key for item in self.items).most_common(1)), ("", 0))
        if times > 1:
            raise DataError(f"{self.origin}: {times} items are called {key}")
        places: dict[str, tuple[str, Via]] = {}
        for item in self.items:
            place = places.setdefault(item.video, (item.url, item.via))
            if place != (item.url, item.via):
                raise DataError(f"{self.origin}: video {item.video} is at {place[0]} and at {item.url}")
