"""Anybody's folder of videos as a source: sound inside, beside, or in a folder of its own; meta data read along."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from avbench.clipset.folder import FolderClip, FolderClipSet
from pipelines.metadata import match_meta, read_meta
from pipelines.recording import open_recording
from pipelines.source import Harvest, Item, Recording, source
from pipelines.splits import assign_splits


@source("folder")
def folder(
    path: Path,
    *,
    audio: Path | None = None,
    meta: Path | None = None,
    split: Mapping[str, Fraction] | None = None,
    seed: int = 0,
    workers: int = 0,
) -> Harvest:
    """All videos and sounds under `path`.

    Args:
        audio: a folder of sounds, paired by stem; they take the place of those inside.
        meta: a table of prompts, labels and so on; a `label` there wins over the folder's name.
        split: shares by name; None takes the folder's own train, val and test, or puts everything into train.
        seed: of the split.
        workers: threads that probe; 0 for one per core.

    Raises:
        UsageError: a path does not exist.
        DataError: nothing can be used, or the table cannot be read.
    """
    rows = read_meta(meta) if meta is not None else {}
    clipset = FolderClipSet(path, audio=audio, workers=workers)
    records = clipset.records
    matched, unmatched_rows = match_meta(rows, {record.key: record.source for record in records})
    splits = assign_splits([record.key for record in records], split, seed) if split else {}
    items = tuple(
        _item(clip, splits.get(clip.record.key, clip.record.split), matched.get(clip.record.key, {}))
        for clip in clipset.clips
    )
    unmatched = {"audio": clipset.scan.unmatched_audio, "meta": unmatched_rows}
    return Harvest(
        source="folder",
        origin=str(path),
        untouched=path,
        items=items,
        failures=clipset.failures,
        unmatched=unmatched,
    )


def _item(clip: FolderClip, split: str, row: Mapping[str, Any]) -> "FolderVideo":
    label = str(row.get("label", clip.record.label))
    meta = {name: value for name, value in row.items() if name != "label"}
    return FolderVideo(
        key=clip.record.key,
        split=split,
        source=clip.record.source,
        identity=json.dumps([clip.record.sha256, label, meta], sort_keys=True),
        clip=clip,
        label=label,
        meta=meta,
    )


@dataclass(frozen=True, kw_only=True)
class FolderVideo(Item):
    """A video of a folder, or a sound alone."""

    clip: FolderClip
    label: str
    meta: Mapping[str, Any]

    def open(self) -> AbstractContextManager[Recording]:
        media, duration = self.clip.media(), self.clip.record.duration
        return open_recording(media, duration, label=self.label, meta=self.meta)
