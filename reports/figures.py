"""Figures as in the paper: of each clip some frames in a row and its spectrogram beneath, clips of one class together.

A clip that was made to fit given sound or pictures stands beneath what was given, with the other clips made to fit it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from avbench.clip import Clip, ClipSpec
from avbench.clipset import ClipSet
from avbench.errors import UsageError
from avbench.workspace import atomic_file
from reports.sound import RANGE_DB, spectrogram
from reports.style import ACCENT, INK, MUTED, save_png

_LONGEST = Fraction(10)  # seconds of a clip that are shown
_SIZE = 128  # pixels
_RATE = 16_000  # Hz, unless the clip has less
_COLUMNS = 480  # of a spectrogram
# Inches.
_TILE, _SOUND, _GAP, _MARGIN, _NAME, _TITLE = 1.0, 0.42, 0.14, 0.25, 1.5, 0.42


@dataclass(frozen=True, slots=True)
class Strip:
    """A row of a sheet."""

    clip: Clip
    name: str  # at its left
    given: bool = False  # what other clips were made to fit


@dataclass(frozen=True, slots=True)
class Sheet:
    """A figure."""

    name: str  # of its file, without suffix
    title: str
    strips: tuple[Strip, ...]


def class_sheets(clipset: ClipSet, *, clips: int, frames: int) -> list[Sheet]:
    """A sheet for each class, with some of its clips, drawn with a fixed seed.

    Args:
        clips: of each class.
        frames: of each clip, evenly spaced.
    """
    by_label: dict[str, list[int]] = {}
    for index in map(int, clipset.order(seed=0)):
        chosen = by_label.setdefault(clipset.records[index].label, [])
        if len(chosen) < clips:
            chosen.append(index)
    return [
        Sheet(
            name="-".join(filter(None, (_file_name(clipset.name), _file_name(label)))),
            title=" · ".join(filter(None, (clipset.name, label))),
            strips=tuple(Strip(_clip(clipset, index, frames), clipset.records[index].key) for index in chosen),
        )
        for label, chosen in sorted(by_label.items())
    ]


def conditional_sheets(clipset: ClipSet, given: ClipSet, *, clips: int, frames: int) -> list[Sheet]:
    """One sheet: some of the clips that were given, each with all clips that were made to fit it.

    Args:
        clipset: clips whose `meta` has `condition_key` and `condition_start`, in seconds.
        given: the clips with these keys; shown are the stretches that were given.
        clips: how many of those given.
        frames: of each clip, evenly spaced.

    Raises:
        UsageError: none of the clips was made to fit one of those given.
    """
    made: dict[tuple[str, Fraction], list[int]] = {}
    for index, record in enumerate(clipset.records):
        start = Fraction(record.meta.get("condition_start", 0)).limit_denominator(1_000_000)
        made.setdefault((str(record.meta.get("condition_key", "")), start), []).append(index)
    places = {record.key: index for index, record in enumerate(given.records)}
    known = [(key, start) for key, start in made if key in places]
    if not known:
        raise UsageError(
            f"{clipset.path}: no clip of it was made to fit a clip of {given.path}; name the set that was given with "
            "--conditions PATH"
        )
    strips = []
    for key, start in known[:clips]:
        samples = made[key, start]
        seconds = clipset.records[samples[0]].duration
        clip = _clip(given, places[key], frames, start=start, seconds=seconds)
        strips.append(Strip(clip, f"given: {key}", given=True))
        strips += [Strip(_clip(clipset, sample, frames), f"made to fit, {n}") for n, sample in enumerate(samples, 1)]
    return [Sheet(_file_name(clipset.name), f"{clipset.name}: made to fit clips of {given.name}", tuple(strips))]


def is_conditional(clipset: ClipSet) -> bool:
    """Whether its clips were made to fit others."""
    return any("condition_key" in record.meta for record in clipset.records)


def draw_sheet(sheet: Sheet, path: Path) -> None:
    """Draw a sheet into a PNG; the same clips give the same bytes.

    Raises:
        MachineError: `path` cannot be written.
    """
    frames = max((len(strip.clip.video) for strip in sheet.strips if strip.clip.video is not None), default=8)
    width = 2 * _MARGIN + _NAME + frames * _TILE
    heights = [_height(strip) for strip in sheet.strips]
    height = 2 * _MARGIN + _TITLE + sum(heights)
    figure = Figure(figsize=(width, height), facecolor="white")
    figure.text(_MARGIN / width, 1 - _MARGIN / height, _plain(sheet.title), color=INK, size=13, weight="bold", va="top")
    upper = _MARGIN + _TITLE

    def axes(left: float, top: float, wide: float, high: float) -> Axes:
        made = figure.add_axes((left / width, 1 - (top + high) / height, wide / width, high / height))
        made.set_axis_off()
        return made

    for strip, high in zip(sheet.strips, heights, strict=True):
        _draw_name(axes(_MARGIN, upper, _NAME - _GAP, high - _GAP), strip)
        left, top = _MARGIN + _NAME, upper
        if strip.clip.video is not None:
            for place, frame in enumerate(strip.clip.video):
                axes(left + place * _TILE, top, 0.97 * _TILE, 0.97 * _TILE).imshow(frame)
            top += _TILE
        _draw_sound(axes(left, top, (frames - 0.03) * _TILE, _SOUND), strip.clip)
        upper += high
    with atomic_file(path) as temporary:
        save_png(figure, temporary)


def told(sheets: Mapping[str, Sheet], clipset: ClipSet) -> dict[str, object]:
    """What the sheets were made from, as JSON values: the set's fingerprint, and the keys of each file's clips."""
    return {
        "clipset": clipset.name,
        "fingerprint": clipset.fingerprint,
        "clips": {file: [strip.clip.key for strip in sheet.strips] for file, sheet in sheets.items()},
    }


def _height(strip: Strip) -> float:
    return _GAP + _SOUND + (_TILE if strip.clip.video is not None else 0.0)


def _draw_name(axes: Axes, strip: Strip) -> None:
    words = strip.name if len(strip.name) <= 44 else f"{strip.name[:21]}…{strip.name[-21:]}"
    lines = [words[begin : begin + 15] for begin in range(0, len(words), 15)]
    colour = ACCENT if strip.given else INK
    axes.text(
        0, 1, _plain("\n".join(lines)), color=colour, size=9, va="top", weight="bold" if strip.given else "normal"
    )


def _draw_sound(axes: Axes, clip: Clip) -> None:
    levels = None
    if clip.audio is not None and clip.audio.size:
        levels = spectrogram(clip.audio, clip.sample_rate, columns=_COLUMNS)
    if levels is None:
        axes.text(0.5, 0.5, "no sound", color=MUTED, size=8, ha="center", va="center", style="italic")
        return
    axes.imshow(levels, origin="lower", aspect="auto", cmap="magma", vmin=-RANGE_DB, vmax=0)


def _clip(
    clipset: ClipSet, index: int, frames: int, *, start: Fraction = Fraction(0), seconds: Fraction = _LONGEST
) -> Clip:
    record = clipset.records[index]
    seconds = min(record.duration - start, seconds, _LONGEST)
    rate = min(_RATE, record.sample_rate) if record.has_audio else _RATE
    return clipset.clip(index, start, ClipSpec(frames=frames, fps=frames / seconds, size=_SIZE, sample_rate=rate))


def _file_name(text: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in text)


def _plain(text: str) -> str:
    """Text that is no formula."""
    return text.replace("$", r"\$")
