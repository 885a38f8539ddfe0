"""The ffmpeg that runs beside us, where a chain of its filters is what is wanted."""

import functools
import re
import shutil
import subprocess
from typing import Any, NamedTuple

import imageio_ffmpeg

from avbench.errors import DataError, MachineError

_LOUDNESS = re.compile(r"Summary:.*?I:\s*(-?[\d.]+|-?inf|nan) LUFS.*?Peak:\s*(-?[\d.]+|-?inf|nan) dBFS", re.DOTALL)
_GATE = -70  # LUFS; blocks below it do not count, so that a sound that has it, or less, has no loudness


class Loudness(NamedTuple):
    """What the filter `ebur128=peak=true` says of a sound; None where it has none."""

    lufs: float | None  # integrated, EBU R 128
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


def run_ffmpeg(graph: Any, *, limit: float, given: bytes = b"") -> str:
    """Run an `ffmpeg-python` graph and return its log.

    Args:
        limit: seconds after which it is killed.
        given: what it reads from an input named "pipe:".

    Raises:
        DataError: it fails, or does not end in time.
        MachineError: the disk is full.
    """
    command = graph.global_args("-nostdin", "-nostats", "-hide_banner").compile(cmd=ffmpeg_program())
    try:
        run = subprocess.run(command, input=given, capture_output=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired as error:
        raise DataError(f"ffmpeg was not done after {limit:.0f} s; leave it out") from error
    log = run.stderr.decode(errors="replace")
    if run.returncode and "No space left on device" in log:
        raise MachineError("ffmpeg found the disk full: free some space, then give the same command again")
    if run.returncode:
        last = next((line for line in reversed(log.splitlines()) if line.strip()), "it says nothing")
        raise DataError(f"ffmpeg cannot read it ({last}); leave it out")
    return log


def loudness_in(log: str) -> Loudness:
    """The loudness in the log of a graph with `ebur128=peak=true`."""
    found = _LOUDNESS.search(log)
    lufs, peak = (_finite(text) for text in found.groups()) if found else (None, None)
    return Loudness(lufs if lufs is not None and lufs > _GATE else None, peak)


def _finite(text: str) -> float | None:
    return None if "inf" in text or text == "nan" else float(text)
