"""Folders of videos that avbench itself makes, as samples are: their files, and the manifest that tells of them."""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avbench.clip import Clip
from avbench.clipset.clipset import Channel, Fit
from avbench.clipset.layout import ADVICE, MANIFEST, SCHEMA_VERSION, read_manifest
from avbench.clipset.scan import FolderItem
from avbench.errors import DataError
from avbench.media.encode import SoundCodec, encode_flac, write_movie
from avbench.workspace import atomic_write

KIND = "folder"  # in the manifest; sets of shards have no such entry


def write_clip(folder: Path, clip: Clip, *, crf: int = 10, codec: SoundCodec = "flac") -> Path:
    """Writes a clip as `folder`/KEY.mp4, or as KEY.flac where it has no picture; whole or not at all.

    Args:
        crf: how much x264 may lose.
        codec: of a movie's sound.

    Raises:
        UsageError: an odd size, or a sample rate that `codec` does not know.
        MachineError: the folder cannot be written.
    """
    if clip.video is not None:
        path = folder / f"{clip.key}.mp4"
        write_movie(path, clip.video, clip.fps, clip.audio, clip.sample_rate, crf=crf, codec=codec)
        return path
    assert clip.audio is not None, "a clip has picture or sound"
    path = folder / f"{clip.key}.flac"
    atomic_write(path, encode_flac(clip.audio, clip.sample_rate))
    return path


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
