"""Whether the splits of a clip set are apart: no clip in training that looks or sounds like one held out for testing.

A model that has seen a test clip scores well by memory. Two ways lead there: clips cut from one source lie in two
splits, and one video is on the web twice, under two names, re-encoded, scaled or shifted.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avbench.clipset import ClipSet
from avbench.clipset.shards import ShardClipSet
from avbench.errors import DataError
from avbench.media.audio import read_audio
from avbench.media.video import VideoReader
from avbench.progress import Progress, silent
from avbench.workspace import atomic_write
from pipelines.duplicates import Pair, picture_pairs, sound_pairs
from pipelines.fingerprint import SOUND_RATE, SoundPrint, fingerprint_sound, hash_pictures

_HEARD = Fraction(60)  # seconds of a clip that are looked at and listened to
_MOST_PICTURES = 30  # of a clip, evenly spaced, at least half a second apart
_COLUMNS = ["kind", "first", "first_split", "second", "second_split", "score", "source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Two clips of different splits that are not independent."""

    kind: Literal["source", "picture", "sound"]  # cut from one source; look alike; sound alike
    first: str  # keys
    first_split: str
    second: str
    second_split: str
    score: float  # 1 for a shared source; else the share of equal pictures, or of equal bits
    source: str  # the one they share, "" where that is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What connects the splits of a set."""

    clips: int
    splits: tuple[str, ...]
    leaks: tuple[Leak, ...]
    alike: bool = False  # the set takes what looks alike, as dances in one studio do: such pairs are listed, no more

    def count(self, kind: str) -> int:
        return sum(leak.kind == kind for leak in self.leaks)

    def check(self, name: str) -> None:
        """Refuse a set whose splits are connected.

        Raises:
            DataError: there is a leak.
        """
        refused = [leak for leak in self.leaks if not (self.alike and leak.kind == "picture")]
        if refused:
            first = refused[0]
            raise DataError(
                f"{name}: its splits are not apart: {self.count('source')} pairs of clips share a source, "
                f"{self.count('picture')} look alike, {self.count('sound')} sound alike; the first: {first.first} "
                f"({first.first_split}) and {first.second} ({first.second_split}). Move or remove clips, "
                "or split by source"
            )

    def as_table(self) -> pd.DataFrame:
        """One row per leak."""
        return pd.DataFrame([asdict(leak) for leak in self.leaks], columns=_COLUMNS)

    def write(self, path: Path) -> None:
        """Write the leaks as CSV.

        Raises:
            MachineError: `path` cannot be written.
        """
        atomic_write(path, self.as_table().to_csv(index=False, lineterminator="\n"))


def audit(clipset: ClipSet, *, workers: int = 0, progress: Progress = silent) -> Audit:
    """Look for clips of different splits that share a source, look alike or sound alike.

    Args:
        workers: threads that decode; 0 for one per core.

    Raises:
        DataError: a clip cannot be decoded.
    """
    records = clipset.records
    splits = tuple(dict.fromkeys(record.split for record in records))
    if len(splits) < 2:
        return Audit(clips=len(records), splits=splits, leaks=())
    pictures: dict[str, NDArray[np.uint64]] = {}
    sounds: dict[str, SoundPrint] = {}
    with ThreadPoolExecutor(workers or None) as pool:
        prints = pool.map(partial(_fingerprint, clipset), range(len(records)))
        for done, (record, (seen, heard)) in enumerate(zip(records, prints, strict=True), start=1):
            pictures[record.key], sounds[record.key] = seen, heard
            progress("listening and looking", done, len(records))
    leaks = [
        *_shared_sources(clipset),
        *_across(clipset, "picture", picture_pairs(pictures)),
        *_across(clipset, "sound", sound_pairs(sounds)),
    ]
    return Audit(clips=len(records), splits=splits, leaks=tuple(leaks), alike=_takes_copies(clipset))


def _takes_copies(clipset: ClipSet) -> bool:
    """Whether the set was screened by rules that take what looks like another video."""
    if not isinstance(clipset, ShardClipSet):
        return False
    rules = clipset.manifest["made"].get("screening")
    return bool(rules and rules["copies"])


def _shared_sources(clipset: ClipSet) -> Iterator[Leak]:
    """For each source in several splits, its first clip in each, paired with that in the first of them."""
    by_source: dict[str, dict[str, str]] = {}
    for record in clipset.records:
        by_source.setdefault(record.source, {}).setdefault(record.split, record.key)
    for source, first_clips in sorted(by_source.items()):
        (split, key), *others = first_clips.items()
        for other_split, other in others:
            yield Leak(
                kind="source",
                first=key,
                first_split=split,
                second=other,
                second_split=other_split,
                score=1.0,
                source=source,
            )


def _across(clipset: ClipSet, kind: Literal["picture", "sound"], pairs: list[Pair]) -> Iterator[Leak]:
    records = {record.key: record for record in clipset.records}
    for pair in pairs:
        first, second = records[pair.first], records[pair.second]
        if first.split != second.split:
            yield Leak(
                kind=kind,
                first=first.key,
                first_split=first.split,
                second=second.key,
                second_split=second.split,
                score=round(pair.score, 4),
                source=first.source if first.source == second.source else "",
            )


def _fingerprint(clipset: ClipSet, index: int) -> tuple[NDArray[np.uint64], SoundPrint]:
    media = clipset.media(index)
    seconds = min(clipset.records[index].duration, _HEARD)
    seen, heard = np.zeros(0, np.uint64), SoundPrint(np.zeros(0, np.uint32), np.zeros(0, bool))
    if media.video is not None and media.info_video is not None:
        count = max(1, min(_MOST_PICTURES, int(2 * seconds)))
        times = [media.video_origin + seconds * k / count for k in range(count)]
        with VideoReader(media.video, media.info_video) as reader:
            seen = np.concatenate([hash_pictures(_small(reader.frames_at([time])[0])[None]) for time in times])
    if media.audio is not None and media.info_audio is not None:
        samples = int(seconds * SOUND_RATE)
        wave: Any = read_audio(media.audio, media.info_audio, media.audio_origin, samples, SOUND_RATE)
        heard = fingerprint_sound(wave.mean(axis=0))
    return seen, heard


def _small(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) averaged to about 64 pixels on the longer side: the hash knows only lower frequencies."""
    step = max(1, max(frame.shape[:2]) // 64)
    height, width = (side // step * step for side in frame.shape[:2])
    blocks = frame[:height, :width].reshape(height // step, step, width // step, step, 3)
    return np.asarray(blocks.mean(axis=(1, 3)).astype(np.uint8))
