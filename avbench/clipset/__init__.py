"""Clip sets: real data, generated samples and anybody's folder of videos, opened by one function."""

from pathlib import Path

from avbench.clipset.clipset import ClipSet
from avbench.clipset.features_only import FEATURES, FeaturesOnlyClipSet
from avbench.clipset.folder import FolderClipSet
from avbench.clipset.layout import MANIFEST, WORK, read_manifest
from avbench.clipset.made import KIND as MADE
from avbench.clipset.records import ClipMedia, ClipRecord, Failure
from avbench.clipset.shards import ShardClipSet
from avbench.errors import DataError, UsageError

__all__ = ["ClipMedia", "ClipRecord", "ClipSet", "Failure", "open_clipset"]


def open_clipset(path: Path, *, workers: int = 0) -> ClipSet:
    """Open a prepared clip set, imported features, or a folder of videos as a clip set.

    Args:
        workers: threads that probe the videos of a folder; 0 for one per core.

    Raises:
        UsageError: the path does not exist.
        DataError: it holds no clips, or a prepared set is not whole.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist; check the path, or make the clip set with `avbench prepare`")
    if (path / MANIFEST).is_file():
        made = read_manifest(path).get("kind") == MADE
        return FolderClipSet(path, workers=workers) if made else ShardClipSet(path)
    if (path / FEATURES).is_file():
        return FeaturesOnlyClipSet(path)
    if path.is_dir() and (any(path.glob("*.tar")) or (path / WORK).exists()):
        raise DataError(
            f"{path}: there is no {MANIFEST}, so making the clip set was interrupted; "
            "give the same `avbench` command again"
        )
    return FolderClipSet(path, workers=workers)
