"""What every source of data gives to `prepare`: items and a way to read each, or a list of places on the web."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avbench.clipset import Failure
from avbench.clipset.timeline import Stretch
from avbench.media.probe import MediaInfo
from avbench.registry import Registry
from pipelines.web.item import Listing


class Recording(ABC):
    """An open item: pictures and sound on one clock, whose 0 is where the item begins.

    Attributes:
        info: the original's streams.
        stretch: the part of them that can be used.
        offset: where the item begins in its source, in seconds.
        label: its class, "" where nothing is known.
        meta: what else is known of it; reserved: prompt, condition_key, model, seed, steps.
    """

    info: MediaInfo
    stretch: Stretch
    offset: Fraction = Fraction(0)
    label: str
    meta: Mapping[str, Any]

    @abstractmethod
    def frames(self, times: Sequence[Fraction]) -> Iterator[NDArray[np.uint8]]:
        """The last frame at or before each of `times` (seconds, ascending): (H, W, 3) RGB, one after the other.

        Raises:
            DataError: the pictures cannot be decoded there.
        """

    @abstractmethod
    def sound(self, start: Fraction, samples: int, sample_rate: int) -> NDArray[np.float32]:
        """Sound (C, samples) in [-1, 1] from `start` seconds on; zeros where there is none.

        Raises:
            DataError: the sound cannot be decoded there.
        """


@dataclass(frozen=True, kw_only=True)
class Item(ABC):
    """Something that clips are cut from. Small, so that many can wait for a worker process."""

    key: str  # clips are called <key>_<ms from where the item begins>
    split: str
    source: str  # how people know what it was cut from, for example its path in the folder; items may share it
    identity: str  # changes whenever anything that its recording gives does

    @property
    def name(self) -> str:
        """What a failure calls it: unlike `source`, of this item alone."""
        return self.source

    @abstractmethod
    def open(self) -> AbstractContextManager[Recording]: ...


@dataclass(frozen=True, kw_only=True)
class Harvest:
    """All that a source has: items in = items that give a clip + failures."""

    source: str  # name of the source
    origin: str  # where it was taken from
    untouched: Path | None = None  # the user's own folder, into which nothing is written
    items: tuple[Item, ...]
    failures: tuple[Failure, ...] = ()
    unmatched: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # kind -> what belongs to no item
    provenance: Mapping[str, Any] = field(default_factory=dict)  # for clipset.json: the list, its terms, the seed


SOURCES: Registry[Callable[..., Harvest]] = Registry("source", "pipelines")
source = SOURCES.register

WEB_SOURCES: Registry[Callable[..., Listing]] = Registry("data set on the web", "pipelines")
web_source = WEB_SOURCES.register
