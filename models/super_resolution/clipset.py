"""Upscaling a clip set: the same clips with larger pictures, as a folder of movies that keeps their sound."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from avbench.clip import Clip, ClipSpec
from avbench.clipset import ClipSet
from avbench.clipset.clipset import Fit
from avbench.clipset.made import MadeClip, write_clip
from avbench.clipset.making import Making
from avbench.errors import DataError
from avbench.progress import Progress, silent
from avbench.ranks import Ranks
from models.super_resolution.enlarge import Enlarger

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
    files = _files(clipset)
    parent = {"name": clipset.name, "fingerprint": clipset.fingerprint}
    making = Making(out, "upscale", {"parent": parent, **enlarger.settings})
    with making.held(lambda: True) if ranks.first else contextlib.nullcontext(False) as todo:
        if ranks.from_first(todo):
            _write_share(clipset, out, enlarger, files, ranks, progress if ranks.first else silent)
            ranks.from_all([ranks.index])  # the set is whole when all processes have written their share
            if ranks.first:
                making.finish(_clips(clipset, files), fit=_fit(clipset), channel=clipset.channel)
    return out


def _files(clipset: ClipSet) -> list[str]:
    """The movie of each clip. Where there are several splits, each has its folder."""
    several = len({record.split for record in clipset.records}) > 1
    files = []
    for record in clipset.records:
        if not record.has_video:
            raise DataError(f"{clipset.path}: clip {record.key} has no picture, so there is nothing to upscale in it")
        files.append(f"{record.split}/{record.key}.mp4" if several else f"{record.key}.mp4")
    return files


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


def _clips(clipset: ClipSet, files: Sequence[str]) -> list[MadeClip]:
    """What is known of each clip."""
    return [
        MadeClip(file=file, source=record.source, label=record.label, meta=record.meta)
        for file, record in zip(files, clipset.records, strict=True)
    ]


def _fit(clipset: ClipSet) -> Fit:
    """How pictures became square: those that keep their aspect are letterboxed here."""
    square = all(record.width == record.height for record in clipset.records)
    return "letterbox" if clipset.fit == "native" and not square else clipset.fit
