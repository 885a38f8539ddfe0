"""Making a folder of clips: by one process at a time, killed and taken up again, a clip set only when it is whole.

While clips are missing, `.work/settings.json` says what the folder is for; afterwards its manifest does. So a killed
process leaves nothing that the next one could take for something else.
"""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from avbench.clipset.clipset import Channel, Fit
from avbench.clipset.layout import MANIFEST, WORK
from avbench.clipset.made import MadeClip, MadeFolder
from avbench.errors import MachineError, UsageError
from avbench.provenance import versions
from avbench.workspace import atomic_write, lock, machine_errors

_SETTINGS = f"{WORK}/settings.json"


class Making:
    """A folder of clips that is to be made, or to be made larger.

    Args:
        path: the folder; need not exist.
        command: of avbench, for the manifest.
        settings: JSON values: all that decides the clips.
    """

    def __init__(self, path: Path, command: str, settings: Mapping[str, Any]) -> None:
        self.path = path
        self._command = command
        self._settings = settings

    @contextlib.contextmanager
    def held(self, is_whole: Callable[[], bool]) -> Iterator[bool]:
        """Holds the folder for the block, which is told whether there is something to do.

        Args:
            is_whole: whether all clips that are wanted are there.

        Raises:
            UsageError: the folder holds something else, or clips made with other settings; the message names what
                differs.
            MachineError: another process is at it, or it cannot be written.
        """
        self._refuse_others()
        with lock(self.path):
            self._refuse_others()  # whoever held it until now may have made it something else
            todo = not ((self.path / MANIFEST).is_file() and is_whole())
            if todo:
                self._begin()
            try:
                yield todo
            except BaseException:
                self._leave()
                raise

    def finish(
        self, clips: Sequence[MadeClip], *, name: str = "", fit: Fit = "native", channel: Channel = "native"
    ) -> None:
        """Declares the folder a clip set of `clips`, called `name` or else as the folder."""
        made = {"command": self._command, "settings": self._settings, "versions": versions()}
        folder = MadeFolder(
            name=name or self.path.resolve().name, clips=tuple(clips), fit=fit, channel=channel, made=made
        )
        folder.write(self.path)
        with machine_errors(self.path):
            shutil.rmtree(self.path / WORK, ignore_errors=True)

    def _begin(self) -> None:
        atomic_write(self.path / _SETTINGS, json.dumps(self._settings, indent=1) + "\n")
        with machine_errors(self.path):
            (self.path / MANIFEST).unlink(missing_ok=True)
            for left_by_killed in self.path.rglob(".*.tmp"):
                left_by_killed.unlink()

    def _leave(self) -> None:
        """Removes the folder if nothing was made in it."""
        names = {path.name for path in self.path.iterdir()}
        if names <= {".lock", WORK}:
            shutil.rmtree(self.path, ignore_errors=True)

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
                    f"{self.path}: the folder is not empty, and avbench did not make it; choose another with --out"
                )
        elif changes := list(_differences(found, self._settings)):
            raise UsageError(
                f"{self.path}: it was made with other settings ({'; '.join(changes)}); choose another folder with "
                "--out, or remove that one"
            )

    def _found(self) -> Mapping[str, Any] | None:
        """The settings of what is in the folder."""
        with contextlib.suppress(FileNotFoundError):
            unfinished: Mapping[str, Any] = json.loads((self.path / _SETTINGS).read_bytes())
            return unfinished
        manifest = MadeFolder.read(self.path)
        return manifest.made.get("settings") if manifest else None


def _differences(there: Mapping[str, Any], here: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """What differs, as "name: there -> here", inside tables too."""
    for name in dict.fromkeys([*there, *here]):
        one, other = there.get(name), here.get(name)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _differences(one, other, f"{prefix}{name}.")
        elif one != other:
            yield f"{prefix}{name}: {_shown(one)} -> {_shown(other)}"


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
