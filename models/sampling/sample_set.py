"""The folder of a run's samples: which are there, and what its manifest says of them."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from avbench.clip import Clip
from avbench.clipset.layout import MANIFEST
from avbench.clipset.made import MadeClip
from avbench.clipset.making import Making
from avbench.settings import to_table
from models.model import Modality
from models.sampling.clips import file_name, write_sample
from models.sampling.settings import SampleSettings

Meta = Callable[[int], Mapping[str, Any]]  # from a sample's number


class SampleSet:
    """The samples of some settings in a folder of their own.

    Args:
        modalities: of a sample.
    """

    def __init__(self, path: Path, settings: SampleSettings, modalities: tuple[Modality, ...]) -> None:
        self.path = path
        self._settings = settings
        self._modalities = modalities
        self._making = Making(path, "sample", to_table(settings))

    def has(self, number: int) -> bool:
        """Whether a sample is there; its file was written whole or not at all."""
        return (self.path / self._file_of(number)).is_file()

    def write(self, clip: Clip) -> None:
        """Writes a sample, whose key is `key_of` its number.

        Raises:
            MachineError: the folder cannot be written.
        """
        write_sample(self.path, clip, as_published=self._settings.as_published)

    @contextlib.contextmanager
    def making(self, count: int, *, like: Path, meta: Meta) -> Iterator[None]:
        """Holds the folder while samples are made in the block; afterwards it is a clip set of `count` samples or more.

        Args:
            like: the clip set that the network was trained on: samples have its look (`fit`, `channel`).
            meta: what a sample's `meta` has besides that of all.

        Raises:
            UsageError: the folder holds something else, or samples of other settings; the message names the difference.
            MachineError: another process is at it, or it cannot be written.
        """
        with self._making.held(lambda: all(map(self.has, range(count)))) as todo:
            yield
            if todo:
                while self.has(count):  # more were made before
                    count += 1
                self._making.finish([self._clip(number, meta) for number in range(count)], **_look_of(like))

    def _clip(self, number: int, meta: Meta) -> MadeClip:
        return MadeClip(file=self._file_of(number), meta={**self._settings.meta, **meta(number)})

    def _file_of(self, number: int) -> str:
        return file_name(key_of(number), self._modalities)


def key_of(number: int) -> str:
    return f"sample-{number:06d}"


def _look_of(clipset: Path) -> dict[str, Any]:
    """How the pictures and the sound of a prepared set were changed when it was made."""
    try:
        manifest = json.loads((clipset / MANIFEST).read_bytes())
        return {"fit": manifest["fit"], "channel": manifest["channel"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # a folder of videos, or no longer there: nothing was changed before training
