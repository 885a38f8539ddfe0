"""`avbench prepare`: make clip sets."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from typer.core import TyperGroup

from avbench.cli.console import errors, output, progress_bars
from avbench.errors import UsageError

if TYPE_CHECKING:  # pipelines import torch, which takes seconds
    from pipelines.source import Harvest
    from pipelines.storage import Storage


class _SourceGroup(TyperGroup):
    """Besides the commands of this file, one for every source that a plug-in registers."""

    # Any: Typer may carry a copy of click of its own, so its classes have no stable name.
    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return super().get_command(ctx, cmd_name) or _plugged_in(cmd_name, ctx.params.get("plugin") or [])


app = typer.Typer(help="Make clip sets: WebDataset shards with an index.", no_args_is_help=True, cls=_SourceGroup)

_DATA = Path("data")
_SHOWN = 5  # names of a kind in a message


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


@app.callback()
def prepare_(
    plugin: Annotated[
        list[Path] | None, typer.Option(help="A Python file that registers data sets; repeatable.")
    ] = None,
) -> None:
    """Make clip sets: WebDataset shards with an index."""


@app.command()
def folder(
    path: Annotated[Path, typer.Argument(help="A folder of videos (or one video); it is never changed.")],
    audio: Annotated[Path | None, typer.Option(help="A folder of sounds, paired with the videos by stem.")] = None,
    meta: Annotated[
        Path | None, typer.Option(help="Prompts, labels and so on: .csv, .json or .jsonl with a column stem or file.")
    ] = None,
    clip_seconds: ClipSeconds = "10",
    fps: Fps = "10",
    fit: FitOption = Fit.native,
    channel: ChannelOption = Channel.native,
    lossless: Lossless = False,
    v64: V64 = False,
    split: Annotated[
        str, typer.Option(help="Shares by source, train=.9,test=.1. Default: the folder's train, val, test; or train.")
    ] = "",
    seed: Annotated[int, typer.Option(help="Seed of --split.")] = 0,
    name: Name = "",
    out: Out = None,
    workers: Workers = 0,
    max_failures: MaxFailures = 0.2,
    as_json: AsJson = False,
) -> None:
    """Cut and encode a folder of videos. Interrupted, the same command goes on where it was."""
    from pipelines.source import SOURCES
    from pipelines.splits import parse_split

    storage = _storage(clip_seconds, fps, fit, channel, lossless, v64)
    shares = parse_split(split) if split else None
    harvest = SOURCES["folder"](path, audio=audio, meta=meta, split=shares, seed=seed, workers=workers)
    own_name = path.resolve().stem if path.is_file() else path.resolve().name
    _prepare(harvest, storage, name or own_name, out, workers, max_failures, as_json)


@app.command()
def synthetic(
    clips: Annotated[int, typer.Option(help="How many clips.", min=1)] = 64,
    seed: Annotated[int, typer.Option(help="Another seed, another data set.")] = 0,
    fps: Fps = "10",
    v64: V64 = False,
    name: Name = "synthetic",
    out: Out = None,
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:
    """Render the embedded data set: procedurally made clips with known truth."""
    from pipelines.source import SOURCES
    from pipelines.storage import Storage

    storage = Storage(clip_seconds=None, fps=_rate(fps), v64=v64)
    _prepare(SOURCES["synthetic"](clips, seed=seed), storage, name, out, workers, 0.0, as_json)


def _plugged_in(name: str, plugins: list[Path]) -> Any:
    from avbench.plugins import load_plugins
    from pipelines.source import SOURCES

    load_plugins(plugins)
    if name not in SOURCES:
        return None
    group = typer.Typer(add_completion=False)

    @group.command(name, help=SOURCES[name].__doc__)
    def prepare_source(
        clip_seconds: ClipSeconds = "10",
        fps: Fps = "10",
        fit: FitOption = Fit.native,
        channel: ChannelOption = Channel.native,
        lossless: Lossless = False,
        v64: V64 = False,
        set_name: Annotated[str, typer.Option("--name", help="The clip set's name.")] = name,
        out: Out = None,
        workers: Workers = 0,
        max_failures: MaxFailures = 0.2,
        as_json: AsJson = False,
    ) -> None:
        storage = _storage(clip_seconds, fps, fit, channel, lossless, v64)
        _prepare(SOURCES[name](), storage, set_name, out, workers, max_failures, as_json)

    return typer.main.get_command(group)


def _prepare(
    harvest: "Harvest",
    storage: "Storage",
    name: str,
    out: Path | None,
    workers: int,
    max_failures: float,
    as_json: bool,
) -> None:
    from pipelines.prepare import prepare

    if Path(name).name != name:
        raise UsageError(f'--name "{name}" is a path; give the folder with --out')
    _report_unmatched(harvest)
    with progress_bars() as progress:
        prepared = prepare(harvest, out or _DATA / name, name=name, storage=storage, workers=workers, progress=progress)
    reasons = Counter(failure.reason for failure in prepared.failures)
    if as_json:
        print(json.dumps(asdict(prepared) | {"path": str(prepared.path), "reasons": reasons}, indent=2))
    else:
        if prepared.finished_before:
            output.print("This clip set was finished before; nothing was to do.")
        table = Table(show_header=False, box=None, pad_edge=False)
        table.add_row("clip set", str(prepared.path))
        table.add_row("clips", f"{prepared.clips:,} ({_counts(prepared.splits)})")
        table.add_row("items", f"{prepared.items:,}")
        table.add_row("failures", f"{len(prepared.failures):,}" + (f" ({_counts(reasons)})" if reasons else ""))
        table.add_row("tails left over", f"{prepared.tails:,}")
        if prepared.damaged:
            table.add_row("damaged clips left out", f"{prepared.damaged:,}")
        output.print(table)
    prepared.check(max_failures)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))


def _report_unmatched(harvest: "Harvest") -> None:
    for kind, names in harvest.unmatched.items():
        if names:
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            shown = ", ".join(names[:_SHOWN]) + more
            errors.print(f"{len(names)} of --{kind} belong to no item: {shown}", markup=False, soft_wrap=True)


def _storage(clip_seconds: str, fps: str, fit: Fit, channel: Channel, lossless: bool, v64: bool) -> "Storage":
    from pipelines.storage import Storage

    return Storage(
        clip_seconds=_length(clip_seconds),
        fps=_rate(fps),
        fit=fit.value,
        channel=channel.value,
        lossless=lossless,
        v64=v64,
    )


def _length(text: str) -> Fraction | None:
    return None if text == "whole" else _number("--clip-seconds", text)


def _rate(text: str) -> Fraction | None:
    return None if text == "native" else _number("--fps", text)


def _number(option: str, text: str) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise UsageError(f'{option} "{text}" is not a number') from None
