"""Folders of videos that avbench itself made, as samples are: the manifest that tells what a look at them cannot."""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avbench.clipset.clipset import Channel, Fit
from avbench.clipset.layout import ADVICE, MANIFEST, SCHEMA_VERSION, read_manifest
from avbench.clipset.scan import FolderItem
from avbench.errors import DataError
from avbench.workspace import atomic_write

KIND = "folder"  # in the manifest; sets of shards have no such entry


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeClip:
    """A file of the folder. Its stem is the clip's key."""

    file: str
    source: str = ""  # clips of one source share scenes; "" for the file itself
    label: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)  # reserved: prompt, condition_key, model, seed, steps


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFolder:
    """The manifest of a folder that avbench made; files that it does not name are not part of the set."""

    name: str
    clips: Sequence[MadeClip]
    fit: Fit = "native"  # how the originals' pictures became square
    channel: Channel = "native"
    made: Mapping[str, Any]  # how (settings, versions, seed); without times, so that bytes repeat

    def write(self, folder: Path) -> None:
        """Writes the manifest, which makes the folder a finished set.

        Raises:
            MachineError: the folder cannot be written.
        """
        manifest = {"schema_version": SCHEMA_VERSION, "kind": KIND} | dataclasses.asdict(self)
        atomic_write(folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def read(cls, folder: Path) -> "MadeFolder | None":
        """The manifest of `folder`, if there is one.

        Raises:
            DataError: it is damaged, or belongs to shards.
        """
        if not (folder / MANIFEST).is_file():
            return None
        manifest = read_manifest(folder)
        try:
            clips = tuple(MadeClip(**clip) for clip in manifest["clips"])
            names = [field.name for field in dataclasses.fields(cls) if field.name != "clips"]
            return cls(clips=clips, **{name: manifest[name] for name in names})
        except (KeyError, TypeError) as error:
            raise DataError(f"{folder / MANIFEST}: it is not the manifest of a folder of videos; {ADVICE}") from error

    def items(self, found: Iterable[FolderItem]) -> tuple[FolderItem, ...]:
        """Those of the items `found` that the manifest names, with what it says of them.

        Raises:
            DataError: one is missing.
        """
        by_file = {item.source: item for item in found}
        items = []
        for clip in self.clips:
            if clip.file not in by_file:
                raise DataError(f"{clip.file} is missing; {ADVICE}")
            item = dataclasses.replace(by_file[clip.file], key=Path(clip.file).stem, label=clip.label, meta=clip.meta)
            items.append(dataclasses.replace(item, source=clip.source or clip.file))
        return tuple(sorted(items, key=lambda item: (item.split, item.key)))
