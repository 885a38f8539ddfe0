"""A folder of samples in the making: it knows which are there, and becomes a clip set when all are.

While samples are missing, `.work/settings.json` says what the folder is for; afterwards the manifest does. So a killed
process leaves nothing that the next one could take for something else.
"""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from avbench.clip import Clip
from avbench.clipset.layout import MANIFEST, WORK
from avbench.clipset.made import MadeClip, MadeFolder
from avbench.errors import MachineError, UsageError
from avbench.provenance import versions
from avbench.settings import differences, to_table
from avbench.workspace import atomic_write, lock, machine_errors
from models.model import Modality
from models.sampling.clips import file_name, write_sample
from models.sampling.settings import SampleSettings

Meta = Callable[[int], Mapping[str, Any]]  # from a sample's number

_SETTINGS = "settings.json"


class SampleSet:
    """The samples of some settings in a folder of their own.

    Args:
        modalities: of a sample.
    """

    def __init__(self, path: Path, settings: SampleSettings, modalities: tuple[Modality, ...]) -> None:
        self.path = path
        self.settings = settings
        self._modalities = modalities

    def has(self, number: int) -> bool:
        """Whether a sample is there; its file was written whole or not at all."""
        return (self.path / file_name(key_of(number), self._modalities)).is_file()

    def write(self, clip: Clip) -> None:
        """Writes a sample, whose key is `key_of` its number.

        Raises:
            MachineError: the folder cannot be written.
        """
        write_sample(self.path, clip, as_published=self.settings.as_published)

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
        self._refuse_others()
        with lock(self.path):
            self._refuse_others()  # whoever held it may have made it something else
            whole = (self.path / MANIFEST).is_file() and all(map(self.has, range(count)))
            if not whole:
                self._begin()
            yield
            if not whole:
                self._finish(count, like, meta)

    def _begin(self) -> None:
        atomic_write(self.path / WORK / _SETTINGS, self.settings.to_json())
        with machine_errors(self.path):
            (self.path / MANIFEST).unlink(missing_ok=True)
            for unfinished in self.path.glob(".*.tmp"):
                unfinished.unlink()

    def _finish(self, count: int, like: Path, meta: Meta) -> None:
        while self.has(count):  # more were made before
            count += 1
        look = _look_of(like)
        clips = [
            MadeClip(
                file=file_name(key_of(number), self._modalities),
                meta={**self.settings.meta, **meta(number)},
            )
            for number in range(count)
        ]
        made = {"command": "sample", "settings": to_table(self.settings), "versions": versions()}
        MadeFolder(name=self.path.resolve().name, clips=clips, made=made, **look).write(self.path)
        with machine_errors(self.path):
            shutil.rmtree(self.path / WORK, ignore_errors=True)

    def _refuse_others(self) -> None:
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise MachineError(f"{self.path}: a file stands where a folder is needed; choose another with --out")
        found = self._found()
        if found is None:
            with machine_errors(self.path):
                others = {path.name for path in self.path.iterdir()} - {".lock"}
            if others - {WORK} or any(self.path.glob(f"{WORK}/[!.]*")):
                raise UsageError(
                    f"{self.path}: the folder is not empty and holds no samples; choose another with --out"
                )
            return
        if changes := differences(found, self.settings):
            raise UsageError(
                f"{self.path}: there are samples made with other settings ({'; '.join(changes)}); "
                "choose another folder with --out, or remove that one"
            )

    def _found(self) -> SampleSettings | None:
        """The settings of what is in the folder."""
        unfinished = self.path / WORK / _SETTINGS
        if unfinished.is_file():
            return SampleSettings.from_table(json.loads(unfinished.read_bytes()), str(unfinished))
        manifest = MadeFolder.read(self.path)
        if manifest is None or "settings" not in manifest.made:
            return None
        return SampleSettings.from_table(manifest.made["settings"], f"{self.path / MANIFEST}")


def key_of(number: int) -> str:
    return f"sample-{number:06d}"


def _look_of(clipset: Path) -> dict[str, Any]:
    """How the pictures and the sound of a prepared set were changed when it was made."""
    try:
        manifest = json.loads((clipset / MANIFEST).read_bytes())
        return {"fit": manifest["fit"], "channel": manifest["channel"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # a folder of videos, or no longer there: nothing was changed before training
