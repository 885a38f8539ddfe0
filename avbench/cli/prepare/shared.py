"""Options of all commands about data sets on the web, and how a command is made of them and its own."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from avbench.cli.console import progress_bars
from avbench.cli.prepare.options import (
    V64,
    AsJson,
    Channel,
    ChannelOption,
    Fit,
    FitOption,
    Fps,
    Lossless,
    MaxFailures,
    Name,
    Out,
    Workers,
)

if TYPE_CHECKING:  # pipelines import torch, which takes seconds
    from pipelines.copies import Copy
    from pipelines.web.item import Listing
    from pipelines.web.lists import ListFile
    from pipelines.web.select import Quality


class EngineName(StrEnum):
    local = "local"
    ray = "ray"


@dataclass(frozen=True, kw_only=True)
class WebOptions:
    """The options that these commands share."""

    sha256: Annotated[str, typer.Option("--list-sha256", help="What the list's hash must be.")] = ""
    refresh: Annotated[
        bool, typer.Option("--refresh-list", help="Fetch the list again; else it is fetched once and kept.")
    ] = False
    copy_from: Annotated[
        Path | None, typer.Option("--from", help="A folder where the videos lie already; nothing is downloaded.")
    ] = None
    limit: Annotated[int | None, typer.Option(help="At most so many items, drawn with --seed.", min=1)] = None
    seed: Annotated[int, typer.Option(help="Seed of all that is drawn: splits, samples.")] = 0
    screen: Annotated[
        list[str] | None,
        typer.Option(help="Change a rule of screening, NAME=VALUE: max_silence=0.2, keep=black,hdr; repeatable."),
    ] = None
    no_screen: Annotated[bool, typer.Option("--no-screen", help="Take everything that can be decoded.")] = False
    fetch: Annotated[
        list[str] | None,
        typer.Option(help="Change how videos are fetched, NAME=VALUE: parallel=1, discard=true; repeatable."),
    ] = None
    cookies: Annotated[
        Path | None, typer.Option(help="Cookies for yt-dlp, in Netscape's format. A site may ban their account.")
    ] = None
    keep_downloads: Annotated[
        bool, typer.Option("--keep-downloads", help="Keep them when the set is finished, in its folder.")
    ] = False
    retry_failed: Annotated[
        str | None, typer.Option(help="Try what failed again; with a REASON, what failed for it.", metavar="[REASON]")
    ] = None
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be done, and do nothing.")] = False
    accept_terms: Annotated[
        bool, typer.Option("--accept-terms", help="You have read and accept the data set's terms.")
    ] = False
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Exit with 4 if clips of two splits look or sound alike, or share a source."),
    ] = False
    engine: Annotated[EngineName, typer.Option(help="Processes of this machine, or a Ray cluster.")] = EngineName.local
    address: Annotated[str, typer.Option(help="Of the Ray cluster, for example auto.")] = ""
    clip_seconds: Annotated[str, typer.Option(help="Length of the clips, or whole. Default: the source's.")] = ""
    fps: Fps = "10"
    fit: FitOption = Fit.native
    channel: ChannelOption = Channel.native
    lossless: Lossless = False
    v64: V64 = False
    name: Name = ""
    out: Out = None
    workers: Workers = 0
    max_failures: MaxFailures = 0.2
    as_json: AsJson = False

    def read_list(self, origin: str) -> "ListFile":
        """The list that stands for the whole data set."""
        from pipelines.web.lists import read_list

        with progress_bars() as progress:
            return read_list(origin, sha256=self.sha256, refresh=self.refresh, progress=progress)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a command wants prepared."""

    listing: "Listing"
    copy: "Copy | None" = None
    clip_seconds: str = "10"
    screening: Mapping[str, str] | None = None  # the data set's own rules, changed from the general ones
    quality: "Quality | None" = None


class WebCommand(TyperCommand):
    """Knows --retry-failed without a value, too, which means all."""

    # Any: Typer may carry a copy of click of its own, so its classes have no stable name.
    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        if "--retry-failed" in args:
            place = args.index("--retry-failed")
            if place + 1 == len(args) or args[place + 1].startswith("-"):
                args = [*args[: place + 1], "all", *args[place + 1 :]]
        return super().parse_args(ctx, args)


def web_command(choose: Callable[..., Wanted], run: Callable[[Wanted, WebOptions], None]) -> Callable[..., None]:
    """The command that runs what `choose` wants.

    Its options are those of `choose`, after the first argument, which takes the others: those of `WebOptions`.
    """
    own = list(inspect.signature(choose).parameters.values())[1:]
    shared = list(inspect.signature(WebOptions).parameters.values())

    def command(**given: Any) -> None:
        mine = {parameter.name: given.pop(parameter.name) for parameter in own}
        options = WebOptions(**given)
        run(choose(options, **mine), options)

    parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (*own, *shared)]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__name__, command.__doc__ = choose.__name__, choose.__doc__
    return command
