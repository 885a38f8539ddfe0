"""Silence, black, standstill and loudness, as ffmpeg's own filters find them."""

import functools
import re
import shutil
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg
import imageio_ffmpeg

from avbench.errors import DataError, MachineError

SILENCE_DB = -50  # below this it is quiet: lossy codecs leave a murmur where there was nothing
_SHORTEST = {"silence": 0.5, "black": 0.1, "freeze": 2}  # seconds; less is no event
_FREEZE_DB = -60  # mean difference between frames that nobody sees
_HEIGHT = 180  # pixels of the picture that is looked at

_STARTUP, _PER_SECOND = 30.0, 5.0  # seconds that a filter graph may take, and those for each second of media

_EVENT = re.compile(r"(silence|black|freeze)_(start|end): ?(-?[\d.]+)")
_LOUDNESS = re.compile(r"Summary:.*?I:\s*(-?[\d.]+|-?inf|nan) LUFS.*?Peak:\s*(-?[\d.]+|-?inf|nan) dBFS", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """What the filters found. Shares are of the seconds looked at; None where there is no such stream."""

    silence: float | None
    black: float | None
    freeze: float | None
    loudness_lufs: float | None  # integrated, EBU R 128; None for silence, too
    peak_dbfs: float | None  # true peak


@functools.cache
def ffmpeg_program() -> str:
    """The ffmpeg on the PATH, else the one that `imageio-ffmpeg` brings along.

    Raises:
        MachineError: there is neither.
    """
    if found := shutil.which("ffmpeg"):
        return found
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise MachineError("there is no ffmpeg on the PATH, and none came with imageio-ffmpeg; install one") from error


def run_ffmpeg(graph: Any, *, limit: float) -> str:
    """Run an `ffmpeg-python` graph and return its log.

    Args:
        limit: seconds after which it is killed.

    Raises:
        DataError: it fails, or does not end in time.
    """
    command = graph.global_args("-nostdin", "-nostats", "-hide_banner").compile(cmd=ffmpeg_program())
    try:
        run = subprocess.run(command, capture_output=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired as error:
        raise DataError(f"ffmpeg was not done after {limit:.0f} s; leave it out") from error
    log = run.stderr.decode(errors="replace")
    if run.returncode:
        last = next((line for line in reversed(log.splitlines()) if line.strip()), "it says nothing")
        raise DataError(f"ffmpeg cannot read it ({last}); leave it out")
    return log


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
    found = _LOUDNESS.search(log)
    loudness, peak = (_finite(text) for text in found.groups()) if found else (None, None)
    return Levels(
        silence=shares["silence"] if sound else None,
        black=shares["black"] if pictures else None,
        freeze=shares["freeze"] if pictures else None,
        # -70 is where the measurement's gate stands: nothing passed it.
        loudness_lufs=loudness if loudness is not None and loudness > -70 else None,
        peak_dbfs=peak,
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


def _finite(text: str) -> float | None:
    return None if "inf" in text or text == "nan" else float(text)
