"""`avbench prepare` of what lies on this disk or is made here."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from avbench.cli.console import progress_bars
from avbench.cli.prepare.options import (
    DATA,
    V64,
    AsJson,
    Channel,
    ChannelOption,
    ClipSeconds,
    Fit,
    FitOption,
    Fps,
    Lossless,
    MaxFailures,
    Name,
    Out,
    Workers,
    check_name,
    read_rate,
    read_storage,
)
from avbench.cli.prepare.run import run
from avbench.cli.prepare.shared import Wanted, WebCommand, WebOptions, web_command
from avbench.cli.prepare.show import show_prepared, show_unmatched

if TYPE_CHECKING:  # pipelines import torch, which takes seconds
    from pipelines.source import Harvest
    from pipelines.storage import Storage


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

    storage = read_storage(clip_seconds, fps, fit, channel, lossless, v64)
    shares = parse_split(split) if split else None
    harvest = SOURCES["folder"](path, audio=audio, meta=meta, split=shares, seed=seed, workers=workers)
    own_name = path.resolve().stem if path.is_file() else path.resolve().name
    prepare_harvest(harvest, storage, name or own_name, out, workers, max_failures, as_json)


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

    storage = Storage(clip_seconds=None, fps=read_rate(fps), v64=v64)
    prepare_harvest(SOURCES["synthetic"](clips, seed=seed), storage, name, out, workers, 0.0, as_json)


def plugged_in(name: str, plugins: list[Path]) -> Any:
    """The command of a source that a plug-in registers; None where none of this name does."""
    from avbench.plugins import load_plugins
    from pipelines.source import SOURCES, WEB_SOURCES

    load_plugins(plugins)
    group = typer.Typer(add_completion=False)
    if name in WEB_SOURCES:

        def choose(options: WebOptions) -> Wanted:
            return Wanted(listing=WEB_SOURCES[name]())

        choose.__doc__ = WEB_SOURCES[name].__doc__
        group.command(name, cls=WebCommand)(web_command(choose, run))
        return typer.main.get_command(group)
    if name not in SOURCES:
        return None

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
        storage = read_storage(clip_seconds, fps, fit, channel, lossless, v64)
        prepare_harvest(SOURCES[name](), storage, set_name, out, workers, max_failures, as_json)

    return typer.main.get_command(group)


def prepare_harvest(
    harvest: "Harvest",
    storage: "Storage",
    name: str,
    out: Path | None,
    workers: int,
    max_failures: float,
    as_json: bool,
) -> None:
    """Prepare what a source gave, and tell.

    Raises:
        TooManyFailuresError: more items failed than `max_failures` allows; the set is there all the same.
    """
    from pipelines.prepare import prepare

    check_name(name)
    show_unmatched(harvest)
    with progress_bars() as progress:
        prepared = prepare(harvest, out or DATA / name, name=name, storage=storage, workers=workers, progress=progress)
    show_prepared(prepared, as_json)
    prepared.check(max_failures)
