"""Upscaling a clip set: the same clips with larger pictures, as a folder of movies that keeps their sound."""

import contextlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from avbench import __version__
from avbench.clip import Clip, ClipSpec
from avbench.clipset import ClipSet
from avbench.clipset.clipset import Fit
from avbench.clipset.layout import WORK
from avbench.clipset.made import MadeClip, MadeFolder, write_clip
from avbench.errors import DataError, UsageError
from avbench.progress import Progress, silent
from avbench.ranks import Ranks
from avbench.workspace import atomic_write, lock, machine_errors
from models.super_resolution.enlarge import Enlarger

_SETTINGS = "upscale.json"  # in WORK: what the set under way is made with
_SILENT_RATE = 16_000  # Hz; as good as any other where there is no sound


def upscale_clipset(
    clipset: ClipSet, out: Path, enlarger: Enlarger, *, ranks: Ranks | None = None, progress: Progress = silent
) -> Path:
    """Writes the clips of a set with larger pictures into the folder `out`, a clip set of its own.

    Pictures are first brought to the enlarger's low size (letterboxed, antialiased) where they have another. Movies are
    H.264 at crf 10 with all frames on the grid of their average rate; 16-bit sound is kept bit by bit as FLAC, lossy
    sound as it decodes, rounded to 16 bits. Each movie is written whole or not at all: interrupted, the same call goes
    on with those that are missing. Several processes share the clips.

    Args:
        clipset: clips with pictures, for example samples of 64x64.
        out: new, empty, or what an interrupted call left.

    Returns:
        `out`.

    Raises:
        DataError: a clip has no picture or cannot be read.
        UsageError: `out` holds something else, or a set made with other settings.
        MachineError: `out` cannot be written, or another process is at work there.
    """
    ranks = ranks or Ranks()
    made = _made(clipset, enlarger)
    files = _files(clipset)
    with lock(out) if ranks.first else contextlib.nullcontext():
        finished = ranks.from_first(ranks.first and _is_finished(out, made))
        if not finished:
            ranks.from_first(ranks.first and _begin(out, made))
            _write_share(clipset, out, enlarger, files, ranks, progress)
            ranks.from_all([])  # waits for the others
            if ranks.first:
                _finish(clipset, out, made, files)
    return out


def _made(clipset: ClipSet, enlarger: Enlarger) -> dict[str, Any]:
    """How the set is made: what decides its movies."""
    parent = {"name": clipset.name, "fingerprint": clipset.fingerprint}
    return {"command": "upscale", "avbench": __version__, "parent": parent, **enlarger.settings}


def _files(clipset: ClipSet) -> list[str]:
    """The movie of each clip. Where there are several splits, each has its folder."""
    several = len({record.split for record in clipset.records}) > 1
    files = []
    for record in clipset.records:
        if not record.has_video:
            raise DataError(f"{clipset.path}: clip {record.key} has no picture, so there is nothing to upscale in it")
        files.append(f"{record.split}/{record.key}.mp4" if several else f"{record.key}.mp4")
    return files


def _is_finished(out: Path, made: Mapping[str, Any]) -> bool:
    """Whether the set that is asked for is there. Raises UsageError if something else is."""
    finished = MadeFolder.read(out)
    under_way = out / WORK / _SETTINGS
    if finished is None and not under_way.exists():
        with machine_errors(out):
            found = {path.name for path in out.iterdir()} - {".lock", WORK}
        if found:
            raise UsageError(f"{out}: the folder is not empty and holds no upscaled clips; choose another with --out")
        return False
    there = finished.made if finished else json.loads(under_way.read_bytes())
    if there != made:
        changes = ", ".join(
            f"{key} {there.get(key)} there, {made[key]} here" for key in made if there.get(key) != made[key]
        )
        raise UsageError(f"{out}: it was made with other settings ({changes}); choose another with --out, or remove it")
    return finished is not None


def _begin(out: Path, made: Mapping[str, Any]) -> bool:
    atomic_write(out / WORK / _SETTINGS, json.dumps(made))
    return True


def _write_share(
    clipset: ClipSet, out: Path, enlarger: Enlarger, files: Sequence[str], ranks: Ranks, progress: Progress
) -> None:
    """Writes those of this process's clips that are missing."""
    share = range(ranks.index, len(clipset), ranks.count)
    for done, index in enumerate(share, start=1):
        path = out / files[index]
        if not path.exists():
            clip = _read(clipset, index, enlarger.low_size)
            assert clip.video is not None, "its record has a picture"
            write_clip(path.parent, replace(clip, video=enlarger.enlarge(clip.video, clip.key)))
        progress("upscaling", done, len(share))


def _read(clipset: ClipSet, index: int, size: int) -> Clip:
    """The whole clip, its frames on the grid of their average rate."""
    record = clipset.records[index]
    frames = max(1, round(record.duration * record.fps))
    spec = ClipSpec(frames=frames, fps=record.fps, size=size, sample_rate=record.sample_rate or _SILENT_RATE)
    return clipset.clip(index, spec=spec, audio=record.has_audio)


def _finish(clipset: ClipSet, out: Path, made: Mapping[str, Any], files: Sequence[str]) -> None:
    clips = [
        MadeClip(file=file, source=record.source, label=record.label, meta=record.meta)
        for file, record in zip(files, clipset.records, strict=True)
    ]
    square = all(record.width == record.height for record in clipset.records)
    fit: Fit = "letterbox" if clipset.fit == "native" and not square else clipset.fit
    MadeFolder(name=out.resolve().name, clips=clips, fit=fit, channel=clipset.channel, made=made).write(out)
    for left_by_killed in out.rglob(".*.tmp"):
        left_by_killed.unlink()
    shutil.rmtree(out / WORK)
