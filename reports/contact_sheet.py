"""A picture of a clip set: of some clips their frames, and beneath them, on the same time axis, their sound."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from avbench.clip import Clip
from avbench.errors import UsageError
from avbench.workspace import atomic_file
from reports.sound import LOWEST_HZ, RANGE_DB, envelope, spectrogram
from reports.style import ACCENT, FAINT, INK, MUTED, save_png

_COLUMNS = 2  # clips side by side
_TILES = 8  # frames of a clip
_BINS = 640  # points of a waveform, columns of a spectrogram

# Inches.
_WIDTH = 6.4
_MARGIN, _GUTTER, _HEADER, _WAVE, _SPECTROGRAM, _FOOTER, _TITLE = 0.35, 0.5, 0.27, 0.48, 0.5, 0.36, 0.4


def contact_sheet(clips: Sequence[Clip], path: Path, *, title: str = "") -> None:
    """Draw clips into a PNG, two beside each other; the same clips give the same bytes.

    Of each clip: key and label, eight frames, each at its place in time, the waveform (the extremes of all channels,
    scaled to the clip's own peak, which is told), and a spectrogram with logarithmic frequencies over 70 dB.

    Raises:
        UsageError: there are no clips.
        MachineError: `path` cannot be written.
    """
    if not clips:
        raise UsageError(f"{path}: there are no clips to draw a contact sheet of")
    columns = min(_COLUMNS, len(clips))
    rows = -(-len(clips) // columns)
    # All strips are as high as the highest needs; portraits are narrower than their tile.
    strip = _WIDTH / _TILES * max(min(_aspect(clip), 1.25) for clip in clips)
    block = _HEADER + strip + _WAVE + _SPECTROGRAM + _FOOTER
    top = _MARGIN + (_TITLE if title else 0)
    width = 2 * _MARGIN + columns * _WIDTH + (columns - 1) * _GUTTER
    height = top + rows * block

    figure = Figure(figsize=(width, height), facecolor="white")

    def axes(left: float, upper: float, high: float) -> Axes:
        """Axes `high` inches high, their upper left corner given in inches from the sheet's."""
        made = figure.add_axes((left / width, 1 - (upper + high) / height, _WIDTH / width, high / height))
        made.set_xticks([])
        made.set_yticks([])
        made.spines[:].set_visible(False)
        return made

    if title:
        figure.text(_MARGIN / width, 1 - _MARGIN / height, title, color=INK, size=14, weight="bold", va="top")
    for place, clip in enumerate(clips):
        row, column = divmod(place, columns)
        left, upper = _MARGIN + column * (_WIDTH + _GUTTER), top + row * block
        _draw_header(axes(left, upper, _HEADER), clip)
        _draw_frames(axes(left, upper + _HEADER, strip), clip, strip / _WIDTH)
        _draw_wave(axes(left, upper + _HEADER + strip, _WAVE), clip)
        _draw_spectrogram(axes(left, upper + _HEADER + strip + _WAVE, _SPECTROGRAM), clip)
    with atomic_file(path) as temporary:
        save_png(figure, temporary)


def _seconds(clip: Clip) -> float:
    """How long the clip lasts: its pictures, or its sound where it has no pictures."""
    if clip.video is not None:
        return len(clip.video) / float(clip.fps)
    return clip.audio.shape[1] / clip.sample_rate if clip.audio is not None else 1.0


def _aspect(clip: Clip) -> float:
    """Height of a frame by its width."""
    return 0.5 if clip.video is None else clip.video.shape[1] / clip.video.shape[2]


def _draw_header(axes: Axes, clip: Clip) -> None:
    name, label = _shortened(clip.key, 40), _shortened(clip.label, 24)
    key = axes.annotate(name, (0, 0.3), xycoords="axes fraction", color=INK, size=9.5, weight="bold")
    axes.annotate(
        label,
        (1, 0.3),  # at the key's right, on its base line
        xycoords=(key, "axes fraction"),
        xytext=(7, 0),
        textcoords="offset points",
        color=ACCENT,
        size=9.5,
    )
    facts = [f"{_seconds(clip):.2f} s"]
    if clip.audio is not None and clip.audio.size:
        peak = float(np.abs(clip.audio).max())
        facts.append(f"peak {20 * np.log10(peak):.0f} dB".replace("-", "−") if peak > 0 else "silent")
    axes.text(1, 0.3, "  ·  ".join(facts), transform=axes.transAxes, color=MUTED, size=8, ha="right")


def _draw_frames(axes: Axes, clip: Clip, aspect: float) -> None:
    """Frames side by side in a strip `aspect` times as high as it is wide; each at the time it is shown from."""
    axes.set_xlim(0, 1)
    axes.set_ylim(0, aspect)
    if clip.video is None:
        _say(axes, "no picture")
        return
    tile = 1 / _TILES
    high = min(tile * _aspect(clip), aspect)
    wide = high / _aspect(clip)
    for place in range(_TILES):
        left, bottom = place * tile, (aspect - high) / 2
        extent = (left, left + 0.985 * wide, bottom, bottom + 0.985 * high)
        axes.imshow(clip.video[place * len(clip.video) // _TILES], extent=extent, aspect="auto")


def _draw_wave(axes: Axes, clip: Clip) -> None:
    if clip.audio is None or not clip.audio.size:
        _say(axes, "no sound")
        return
    low, high = envelope(clip.audio, _BINS)
    times = np.linspace(0, clip.audio.shape[1] / clip.sample_rate, len(low), endpoint=False)
    axes.axhline(0, color=FAINT, linewidth=0.8, zorder=0)
    axes.fill_between(times, low, high, color=ACCENT, linewidth=0.6, step="post")
    axes.set_xlim(0, _seconds(clip))
    axes.set_ylim(-1.12, 1.12)


def _draw_spectrogram(axes: Axes, clip: Clip) -> None:
    seconds = _seconds(clip)
    axes.set_xlim(0, seconds)
    axes.set_xticks(_ticks(seconds), [f"{tick:g} s" for tick in _ticks(seconds)])
    axes.tick_params(axis="x", length=2, color=MUTED, labelcolor=MUTED, labelsize=7, pad=2)
    if clip.audio is None:
        return
    levels = spectrogram(clip.audio, clip.sample_rate, columns=_BINS)
    if levels is None:
        return
    extent = (0, clip.audio.shape[1] / clip.sample_rate, 0, 1)
    axes.imshow(levels, extent=extent, origin="lower", aspect="auto", cmap="magma", vmin=-RANGE_DB, vmax=0)
    axes.set_ylim(0, 1)
    highest = clip.sample_rate / 2
    for frequency, name in ((100, "100 Hz"), (1_000, "1 kHz"), (10_000, "10 kHz")):
        if frequency < 0.9 * highest:
            height = np.log(frequency / LOWEST_HZ) / np.log(highest / LOWEST_HZ)
            axes.text(1.006, height, name, transform=axes.transAxes, color=MUTED, size=6, va="center")


def _ticks(seconds: float) -> list[float]:
    """Round times, at most nine of them."""
    step = next((step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60) if seconds / step <= 8), 300)
    return [step * k for k in range(int(seconds / step + 1e-6) + 1)]


def _say(axes: Axes, words: str) -> None:
    axes.text(0.5, 0.5, words, transform=axes.transAxes, color=MUTED, size=8, ha="center", va="center", style="italic")


def _shortened(text: str, length: int) -> str:
    """At most `length` characters: the middle goes, since names differ at their ends."""
    half = (length - 1) // 2
    return text if len(text) <= length else f"{text[:half]}…{text[-half:]}"
