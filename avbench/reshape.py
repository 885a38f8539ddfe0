"""A clip set in another shape: its windows as a model of that shape sees and hears them, kept as samples are.

Where a model works at 16 pixels and 4 kHz, its distance to the originals is a measure of resolution above all. To the
reshaped originals it is one of what was learnt.
"""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from avbench.clip import Clip, ClipSpec
from avbench.clipset import ClipRecord, ClipSet
from avbench.clipset.made import MadeClip, write_clip
from avbench.clipset.making import Making
from avbench.errors import DataError
from avbench.progress import Progress, silent
from avbench.protocol import AVBENCH
from avbench.seeds import stream
from avbench.settings import to_table
from avbench.windows import Window, WindowReader, candidates


def reshape(
    clipset: ClipSet,
    spec: ClipSpec,
    out: Path,
    *,
    windows: int | None = None,
    split: str = "train",
    seed: int = 0,
    progress: Progress = silent,
) -> Path:
    """Writes windows of a clip set in the shape of `spec` as a clip set of movies (H.264 crf 10, FLAC), in `out`.

    Windows do not overlap, and are read as training reads them: one antialiased resize, letterboxed, to 8 bits; sound
    mixed to one channel, to 16 bits. Interrupted, the same call goes on where it was.

    Args:
        windows: how many at most, drawn with `seed`; None for all.
        split: the split to read; a set with one split is read whole.

    Returns:
        `out`.

    Raises:
        UsageError: `out` holds something else.
        DataError: no clip is long enough, there is no such split, or a clip cannot be read.
        MachineError: `out` cannot be written, or another process is at it.
    """
    protocol = dataclasses.replace(AVBENCH, frames=spec.frames, fps=spec.fps, size=spec.size, split=split)
    places = candidates(clipset, protocol)
    if not places:
        raise DataError(f"{clipset.path}: no clip lasts {float(spec.seconds):g} s, as a window of this shape does")
    chosen = sorted(stream(seed, "reshape").permutation(len(places))[:windows])
    reader = WindowReader(clipset, protocol)
    clips = [_made(clipset, places[place]) for place in chosen]
    making = Making(out, "reshape", _settings(clipset, spec, split, len(chosen), seed))
    with making.held(lambda: all((out / clip.file).is_file() for clip in clips)) as todo:
        for done, (place, clip) in enumerate(zip(chosen, clips, strict=True), start=1):
            if not (out / clip.file).is_file():
                write_clip(out, _read(reader, places[place], clipset, spec))
            progress(f"{clipset.name} as {_shape(spec)}", done, len(chosen))
        if todo:
            # The look of the originals, as samples have that of what their network was trained on.
            name = f"{clipset.name}@{_shape(spec)}"
            making.finish(clips, name=name, fit=clipset.fit, channel=clipset.channel)
    return out


def _settings(clipset: ClipSet, spec: ClipSpec, split: str, windows: int, seed: int) -> dict[str, Any]:
    parent = {"name": clipset.name, "fingerprint": clipset.fingerprint}
    return {"parent": parent, "spec": to_table(spec), "split": split, "windows": windows, "seed": seed}


def _made(clipset: ClipSet, window: Window) -> MadeClip:
    record = clipset.records[window.clip]
    suffix = ".mp4" if record.has_video else ".flac"
    return MadeClip(file=_key(record, window) + suffix, source=record.source, label=record.label, meta=record.meta)


def _read(reader: WindowReader, window: Window, clipset: ClipSet, spec: ClipSpec) -> Clip:
    record = clipset.records[window.clip]
    video: NDArray[np.uint8] | None = None
    if record.has_video:
        video = (reader.video(window) * 255).round().to(torch.uint8).permute(1, 2, 3, 0).contiguous().numpy()
    audio = reader.audio(window, spec.sample_rate).numpy() if record.has_audio else None
    return Clip(key=_key(record, window), video=video, audio=audio, fps=spec.fps, sample_rate=spec.sample_rate)


def _key(record: ClipRecord, window: Window) -> str:
    return f"{record.key}_{int(window.start * 1000):08d}"


def _shape(spec: ClipSpec) -> str:
    return f"{spec.size}px-{spec.sample_rate / 1000:g}kHz"
