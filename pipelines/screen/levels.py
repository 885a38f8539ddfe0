"""Silence, black, standstill and loudness, as ffmpeg's own filters find them."""

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import ffmpeg

from avbench.media.filters import loudness_in, run_ffmpeg

SILENCE_DB = -50  # below this it is quiet: lossy codecs leave a murmur where there was nothing
_SHORTEST = {"silence": 0.5, "black": 0.1, "freeze": 2}  # seconds; less is no event
_FREEZE_DB = -60  # mean difference between frames that nobody sees
_HEIGHT = 180  # pixels of the picture that is looked at

_STARTUP, _PER_SECOND = 30.0, 5.0  # seconds that a filter graph may take, and those for each second of media

_EVENT = re.compile(r"(silence|black|freeze)_(start|end): ?(-?[\d.]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """What the filters found. Shares are of the seconds looked at; None where there is no such stream."""

    silence: float | None
    black: float | None
    freeze: float | None
    loudness_lufs: float | None  # integrated, EBU R 128; None for silence, too
    peak_dbfs: float | None  # true peak


def measure_levels(path: Path, *, video: int | None, audio: int | None, start: Fraction, seconds: Fraction) -> Levels:
    """Run the filters over `seconds` of a file from `start` on (0: its beginning).

    Args:
        video: index of the picture track; None for none.
        audio: index of the sound track; None for none.

    Raises:
        DataError: ffmpeg fails on it, or does not end in time.
    """
    place = {"ss": f"{float(start):.6f}"} if start else {}
    source = ffmpeg.input(f"file:{path}", protocol_whitelist="file", t=f"{float(seconds):.6f}", **place)
    outputs = []
    if video is not None:
        # Small pictures tell as much, and freezedetect compares every pixel.
        small = source[str(video)].filter("scale", -2, _HEIGHT)
        black = small.filter("blackdetect", d=_SHORTEST["black"])
        outputs.append(black.filter("freezedetect", n=f"{_FREEZE_DB}dB", d=_SHORTEST["freeze"]))
    if audio is not None:
        quiet = source[str(audio)].filter("silencedetect", n=f"{SILENCE_DB}dB", d=_SHORTEST["silence"])
        outputs.append(quiet.filter("ebur128", peak="true", framelog="verbose"))
    log = run_ffmpeg(ffmpeg.output(*outputs, "-", format="null"), limit=_STARTUP + _PER_SECOND * float(seconds))
    return _read(log, float(seconds), pictures=video is not None, sound=audio is not None)


def _read(log: str, seconds: float, *, pictures: bool, sound: bool) -> Levels:
    events: dict[str, list[tuple[str, float]]] = {"silence": [], "black": [], "freeze": []}
    # Older and newer blackdetect write "black_start:0 black_end:2"; the others one edge in a line.
    for what, edge, time in _EVENT.findall(log):
        events[what].append((edge, float(time)))
    shares = {what: _covered(edges, seconds) / seconds for what, edges in events.items()}
    loudness = loudness_in(log)
    return Levels(
        silence=shares["silence"] if sound else None,
        black=shares["black"] if pictures else None,
        freeze=shares["freeze"] if pictures else None,
        loudness_lufs=loudness.lufs,
        peak_dbfs=loudness.peak_dbfs,
    )


def _covered(edges: list[tuple[str, float]], seconds: float) -> float:
    """Seconds between starts and ends. What has begun and does not end lasts to the end."""
    covered, begun = 0.0, None
    for edge, time in edges:
        if edge == "start":
            begun = time
        elif begun is not None:
            covered, begun = covered + min(time, seconds) - max(begun, 0), None
    return min(seconds, covered + (seconds - begun if begun is not None else 0))
