"""Options that the commands of `avbench prepare` share, and what they mean."""

from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avbench.errors import UsageError

if TYPE_CHECKING:  # pipelines import torch, which takes seconds
    from pipelines.storage import Storage

DATA = Path("data")


class Fit(StrEnum):
    native = "native"
    letterbox = "letterbox"
    crop = "crop"


class Channel(StrEnum):
    native = "native"
    left = "left"
    mix = "mix"


Name = Annotated[str, typer.Option(help="The clip set's name. Default: the source's.")]
Out = Annotated[Path | None, typer.Option(help="Its folder. Default: data/NAME.")]
ClipSeconds = Annotated[str, typer.Option(help="Length of the clips, or whole.")]
Fps = Annotated[str, typer.Option(help="Frames per second, or native: each video's own.")]
FitOption = Annotated[Fit, typer.Option(help="Store squares, or (native) keep the aspect.")]
ChannelOption = Annotated[Channel, typer.Option(help="Store one channel, or (native) up to two.")]
Lossless = Annotated[bool, typer.Option("--lossless", help="FFV1 in place of H.264; five times as large.")]
V64 = Annotated[bool, typer.Option("--v64", help="Also store 64x64 frames as arrays, for fast training.")]
Workers = Annotated[int, typer.Option(help="Processes that encode; 0: one per core.", min=0)]
MaxFailures = Annotated[float, typer.Option(help="Exit with 5 if a larger share of the items fails.", min=0, max=1)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def read_storage(clip_seconds: str, fps: str, fit: Fit, channel: Channel, lossless: bool, v64: bool) -> "Storage":
    """How clips are stored.

    Raises:
        UsageError: a number is none, or makes no sense.
    """
    from pipelines.storage import Storage

    return Storage(
        clip_seconds=None if clip_seconds == "whole" else read_number("--clip-seconds", clip_seconds),
        fps=read_rate(fps),
        fit=fit.value,
        channel=channel.value,
        lossless=lossless,
        v64=v64,
    )


def read_rate(fps: str) -> Fraction | None:
    """Frames per second; None for each item's own."""
    return None if fps == "native" else read_number("--fps", fps)


def read_number(option: str, text: str) -> Fraction:
    """
    Raises:
        UsageError: it is no number.
    """
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise UsageError(f'{option} "{text}" is not a number') from None


def check_name(name: str) -> None:
    """
    Raises:
        UsageError: it is a path.
    """
    if Path(name).name != name:
        raise UsageError(f'--name "{name}" is a path; give the folder with --out')
