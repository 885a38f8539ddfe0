"""Whether a clip set's bytes are still those that it was opened or made with. Opening it trusts sizes and times."""

from collections.abc import Iterator
from pathlib import Path

from avbench.clipset.clipset import ClipSet
from avbench.clipset.folder import FolderClipSet
from avbench.clipset.shards import ShardClipSet
from avbench.progress import Progress, silent
from avbench.workspace import sha256_file


def changed_files(clipset: ClipSet, progress: Progress = silent) -> Iterator[str]:
    """Names of the files whose SHA-256 is another than the set says; every file is read. None of imported features."""
    expected = _expected(clipset)
    for done, (name, (path, sha256)) in enumerate(expected.items(), start=1):
        if sha256_file(path) != sha256:
            yield name
        progress(f"reading {clipset.name}", done, len(expected))


def _expected(clipset: ClipSet) -> dict[str, tuple[Path, str]]:
    """Path and hash by name."""
    if isinstance(clipset, ShardClipSet):
        return {name: (clipset.path / name, shard["sha256"]) for name, shard in clipset.shards.items()}
    if not isinstance(clipset, FolderClipSet):
        return {}
    files = {}
    for clip in clipset.clips:
        files[str(clip.item.file)] = clip.item.file, clip.main.sha256
        if clip.item.soundtrack is not None and clip.soundtrack is not None:
            files[str(clip.item.soundtrack)] = clip.item.soundtrack, clip.soundtrack.sha256
    return files
