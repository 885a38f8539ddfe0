"""Clips for the page: real ones, generated ones with their nearest real neighbours, the best and the worst.

Each is a small movie of its own (H.264 and AAC, at most 4 s, 128 pixels), with a picture of its sound, all of them as
data URLs, so that the page is one file. Real clips are cut as long as generated ones.
"""

import base64
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from avbench.clip import Clip, ClipSpec
from avbench.clipset import ClipSet, open_clipset
from avbench.errors import AvbenchError
from avbench.media.encode import encode_flac, write_movie
from reports.comparison.scored import Scored
from reports.sound import RANGE_DB, envelope, spectrogram

_SIZE = 128  # pixels
_SECONDS = Fraction(4)
_FASTEST = Fraction(25)  # frames per second
_RATE = 32_000  # Hz
_CRF = 24
_POINTS = 160  # of an envelope, and columns of a spectrogram


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A clip as the page shows it."""

    key: str
    label: str
    movie: str  # data URL; "" where there is no picture
    poster: str  # data URL of the middle frame, seen until one plays the movie, and on paper
    sound: str  # data URL of sound alone; "" where the movie has it
    wave: str  # points of an SVG polygon, 160 x 40; "" for silence
    spectrogram: str  # data URL; "" where the sound is too short
    facts: tuple[tuple[str, str], ...] = ()  # what the clip's row in clips.parquet says

    @property
    def bytes(self) -> int:
        return sum(map(len, (self.movie, self.poster, self.sound, self.wave, self.spectrogram)))


@dataclass(frozen=True, slots=True)
class Shelf:
    """Some clips under a heading. Where they are pairs, `cards` alternate: generated, neighbour."""

    heading: str
    cards: tuple[Card, ...]
    pairs: bool = False


@dataclass(frozen=True, slots=True)
class Gallery:
    """The clips of one evaluation."""

    title: str
    shelves: tuple[Shelf, ...]
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class Budget:
    """Bytes that clips may still take in the page."""

    left: int
    skipped: int = field(default=0)

    def take(self, card: Card) -> bool:
        if card.bytes > self.left:
            self.skipped += 1
            return False
        self.left -= card.bytes
        return True


def gallery(scored: Scored, count: int, budget: Budget) -> Gallery:
    """The clips of an evaluation, `count` on each shelf, as far as they are still there and the same."""
    title = f"{scored.method} on {scored.dataset}"
    sets: dict[str, ClipSet] = {}
    remarks = []
    for side in ("reference", "generated"):
        try:
            sets[side] = _the_same(scored.provenance[side])
        except AvbenchError as error:
            remarks.append(f"No {side} clips: {error}")
    shelves: list[Shelf] = []
    if (generated := sets.get("generated")) is not None:
        table = _clip_table(scored)
        shelves += _generated_shelves(generated, sets.get("reference"), table, count, budget)
    if (reference := sets.get("reference")) is not None:
        seconds = _usual_length(generated) if generated else _SECONDS
        shelves.insert(0, Shelf("real", tuple(_cards(reference, _some(reference, count), budget, seconds=seconds))))
    return Gallery(title, tuple(shelf for shelf in shelves if shelf.cards), tuple(remarks))


def card(clip: Clip, facts: Iterable[tuple[str, str]] = ()) -> Card:
    """A clip as the page shows it; `clip.audio` is (C, S)."""
    has_sound = clip.audio is not None and clip.audio.size > 0
    movie = poster = sound = wave = picture = ""
    if clip.video is not None:
        movie = _data_url("video/mp4", _movie(clip))
        poster = _jpeg(clip.video[len(clip.video) // 2])
    elif clip.audio is not None and has_sound:
        sound = _data_url("audio/flac", encode_flac(clip.audio, clip.sample_rate))
    if clip.audio is not None and has_sound:
        wave = _wave(clip)
        levels = spectrogram(clip.audio, clip.sample_rate, columns=_POINTS, rows=64)
        picture = "" if levels is None else _picture(levels)
    return Card(
        key=clip.key,
        label=clip.label,
        movie=movie,
        poster=poster,
        sound=sound,
        wave=wave,
        spectrogram=picture,
        facts=tuple(facts),
    )


def _the_same(told: dict[str, Any]) -> ClipSet:
    """The clip set that provenance tells of.

    Raises:
        AvbenchError: it is no longer there, or has changed.
    """
    clipset = open_clipset(Path(told["path"]))
    if clipset.fingerprint != told["fingerprint"]:
        raise AvbenchError(f"{told['path']} has changed since it was evaluated")
    return clipset


def _generated_shelves(
    generated: ClipSet, reference: ClipSet | None, table: pd.DataFrame, count: int, budget: Budget
) -> Iterator[Shelf]:
    yield Shelf("generated", tuple(_cards(generated, _some(generated, count), budget, table=table)))
    keys = {record.key: index for index, record in enumerate(generated.records)}
    for column in _measures(table):
        ordered = [keys[key] for key in table.dropna(subset=[column]).sort_values(column)["key"] if key in keys]
        few = min(count, len(ordered) // 2)
        if few == 0 or table[column].nunique() < 2:
            continue
        # Clips near to real ones are good ones, unless they are copies.
        near, far = ("nearest to", "farthest from") if column.startswith("nearest") else ("least", "most")
        what = "real clips, by " if column.startswith("nearest") else ""
        for words, chosen in ((near, ordered[:few]), (far, ordered[::-1][:few])):
            yield from _extremes(f"{words} {what}{column}", chosen, column, generated, reference, table, budget)


def _extremes(
    heading: str,
    chosen: Sequence[int],
    column: str,
    generated: ClipSet,
    reference: ClipSet | None,
    table: pd.DataFrame,
    budget: Budget,
) -> Iterator[Shelf]:
    """A shelf of clips, each beside its nearest real clip where that is known."""
    neighbours = f"{_space(column)}_key"
    if reference is None or neighbours not in table:
        yield Shelf(heading, tuple(_cards(generated, chosen, budget, table=table)))
        return
    places = {record.key: index for index, record in enumerate(reference.records)}
    nearest = table.set_index("key")[neighbours]
    cards: list[Card] = []
    for index in chosen:
        neighbour = places.get(nearest[generated.records[index].key])
        pair = [*_cards(generated, [index], budget, table=table)]
        if neighbour is not None:
            seconds = generated.records[index].duration
            pair += _cards(reference, [neighbour], budget, seconds=seconds)
        if len(pair) == 2:
            cards += pair
    yield Shelf(f"{heading}, each beside its nearest real clip", tuple(cards), pairs=True)


def _clip_table(scored: Scored) -> pd.DataFrame:
    path = scored.folder / "clips.parquet"
    return pd.read_parquet(path) if path.is_file() else pd.DataFrame({"key": []})


def _measures(table: pd.DataFrame) -> list[str]:
    """The columns of single clips' metrics: NAME[EXTRACTOR], and the distances of the check for memorisation.

    These are to all training clips and tell more than the distances to a run's draw, in whose place they stand.
    """
    names = [str(name) for name in table.select_dtypes("number")]
    checked = [name for name in names if name.endswith("_distance")]
    spaces = {_space(name) for name in checked}
    return [*checked, *(name for name in names if "[" in name and _space(name) not in spaces)]


def _space(column: str) -> str:
    """ "nearest_video" of nearest_video[i3d] and of nearest_video_distance."""
    return column.partition("[")[0].removesuffix("_distance")


def _cards(
    clipset: ClipSet,
    chosen: Sequence[int],
    budget: Budget,
    *,
    table: pd.DataFrame | None = None,
    seconds: Fraction = _SECONDS,
) -> Iterator[Card]:
    for index in chosen:
        made = card(_clip(clipset, index, seconds), _facts(table, clipset.records[index].key))
        if budget.take(made):
            yield made


def _facts(table: pd.DataFrame | None, key: str) -> Iterator[tuple[str, str]]:
    if table is None:
        return
    for line in table[table["key"] == key].head(1).to_dict("records"):
        yield from ((name, f"{line[name]:.4g}") for name in _measures(table) if isfinite(line[name]))


def _some(clipset: ClipSet, count: int) -> list[int]:
    return [int(index) for index in clipset.order(seed=0)[:count]]


def _usual_length(clipset: ClipSet) -> Fraction:
    return sorted(record.duration for record in clipset.records)[len(clipset) // 2]


def _clip(clipset: ClipSet, index: int, seconds: Fraction) -> Clip:
    record = clipset.records[index]
    fps = min(record.fps, _FASTEST) if record.has_video else _FASTEST
    frames = max(int(min(record.duration, seconds, _SECONDS) * fps), 1)
    return clipset.clip(index, spec=ClipSpec(frames=frames, fps=fps, size=_SIZE, sample_rate=_RATE))


def _movie(clip: Clip) -> bytes:
    assert clip.video is not None
    with tempfile.TemporaryDirectory(prefix="avbench-") as folder:
        path = Path(folder) / "clip.mp4"
        write_movie(path, list(clip.video), clip.fps, clip.audio, clip.sample_rate, crf=_CRF)
        return path.read_bytes()


def _wave(clip: Clip) -> str:
    """The envelope as a polygon: along its upper side and back along the lower."""
    assert clip.audio is not None
    if not np.any(clip.audio):
        return ""
    low, high = envelope(clip.audio, _POINTS)
    upper = [f"{x},{20 - 19 * value:.1f}" for x, value in enumerate(high)]
    lower = [f"{x},{20 - 19 * value:.1f}" for x, value in enumerate(low)]
    return " ".join([*upper, *reversed(lower)])


def _picture(levels: NDArray[np.float64]) -> str:
    colours = matplotlib.colormaps["magma"](1 + levels[::-1] / RANGE_DB)
    return _jpeg((colours[:, :, :3] * 255).astype(np.uint8))


def _jpeg(picture_HWC: NDArray[np.uint8]) -> str:
    file = io.BytesIO()
    Image.fromarray(picture_HWC).save(file, "JPEG", quality=80)
    return _data_url("image/jpeg", file.getvalue())


def _data_url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
