"""The data sets of the web, one command each: which list, which splits, which rules of its own."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from avbench.cli.prepare.options import read_number
from avbench.cli.prepare.shared import Wanted, WebOptions
from avbench.errors import UsageError

ListOption = Annotated[str, typer.Option("--list", help="A file or URL in the place of the published list.")]
Split = Annotated[
    str, typer.Option(help="Shares by source video, train=.9,test=.1. Default: the list's or folder's own splits.")
]


def landscape(options: WebOptions, list_: ListOption = "", split: Split = "") -> Wanted:
    """Landscape: nine natural scenes; 10-s clips of videos on YouTube that do not overlap."""
    from pipelines.landscape import LIST, landscape, landscape_copy
    from pipelines.splits import parse_split

    shares = parse_split(split) if split else None
    if options.copy_from is not None and not list_:
        copy = landscape_copy(options.copy_from, split=shares, seed=options.seed)
        return Wanted(listing=copy.listing, copy=copy)
    listing = landscape(options.read_list(list_ or LIST), split=shares, seed=options.seed)
    return _where_it_lies(Wanted(listing=listing), options)


def aist(
    options: WebOptions,
    list_: ListOption = "",
    annotations: Annotated[
        Path | None, typer.Option(help="Folder of AIST++'s annotations, with splits/ and ignore_list.txt.")
    ] = None,
    camera: Annotated[str, typer.Option(help="Which of the cameras.")] = "c01",
    videos: Annotated[str, typer.Option(help="URL of the folder of videos. Default: the published one.")] = "",
    split: Split = "",
) -> Wanted:
    """AIST++: dances by one camera, whole; the middle 1024x1024 of the picture. Its terms must be accepted."""
    from pipelines.aist import LIST, VIDEOS, aist, aist_copy
    from pipelines.splits import parse_split

    shares = parse_split(split) if split else None
    # Dances in one studio look alike.
    rules = {"copies": "true"}
    if options.copy_from is not None and not list_ and annotations is None:
        copy = aist_copy(options.copy_from, split=shares, seed=options.seed)
        return Wanted(listing=copy.listing, copy=copy, clip_seconds="whole", screening=rules)
    listing = aist(
        options.read_list(list_ or LIST),
        annotations=annotations,
        camera=camera,
        videos=videos or VIDEOS,
        split=shares,
        seed=options.seed,
    )
    return _where_it_lies(Wanted(listing=listing, clip_seconds="whole", screening=rules), options)


def audioset(
    options: WebOptions,
    list_: Annotated[
        list[str] | None,
        typer.Option("--list", help="A file or URL of segments; eval* is for test; repeatable."),
    ] = None,
    subset: Annotated[
        str, typer.Option(help="Published lists, by comma: balanced, eval, unbalanced.")
    ] = "balanced,eval",
    ontology: Annotated[str, typer.Option(help="A file or URL in the place of the published ontology.json.")] = "",
    select: Annotated[
        str, typer.Option(help="quality: take videos by what their pages say, without downloading them.")
    ] = "",
    min_height: Annotated[int, typer.Option(help="Of --select quality: pixels of the shorter side.")] = 720,
    min_fps: Annotated[str, typer.Option(help="Of --select quality: frames per second.")] = "24",
) -> Wanted:
    """AudioSet: 10-s stretches of videos on YouTube with what is heard in them."""
    from pipelines.audioset import LISTS, ONTOLOGY, audioset
    from pipelines.web.lists import read_list
    from pipelines.web.select import Quality

    if select not in ("", "quality"):
        raise UsageError(f'--select "{select}": only quality is known')
    if select and options.copy_from is not None:
        raise UsageError("--select asks pages of the web; videos of --from are held to rules with --screen")
    quality = Quality(min_height=min_height, min_fps=read_number("--min-fps", min_fps)) if select else None
    unknown = [name for name in subset.split(",") if name not in LISTS]
    if unknown:
        raise UsageError(f'--subset "{unknown[0]}" is none of {", ".join(LISTS)}')
    origins = list_ or [LISTS[name] for name in subset.split(",")]
    if options.sha256 and len(origins) > 1:
        raise UsageError("--list-sha256 is of one list, and there are several; give one with --list")
    names = read_list(ontology or ONTOLOGY, refresh=options.refresh)
    listing = audioset([options.read_list(origin) for origin in origins], ontology=names)
    return _where_it_lies(Wanted(listing=listing, quality=quality), options)


def vggsound(
    options: WebOptions,
    list_: ListOption = "",
    like_landscape: Annotated[
        bool, typer.Option("--like-landscape", help="Only the nine labels nearest to Landscape's classes: a stand-in.")
    ] = False,
) -> Wanted:
    """VGGSound: 10-s stretches of videos on YouTube, each of one sound whose source is in the picture."""
    from pipelines.vggsound import LIST, vggsound

    listing = vggsound(options.read_list(list_ or LIST), like_landscape=like_landscape)
    return _where_it_lies(Wanted(listing=listing), options)


def _where_it_lies(wanted: Wanted, options: WebOptions) -> Wanted:
    """What is wanted from the web, or what the folder of --from has of it."""
    from pipelines.copies import match_copy

    if options.copy_from is None:
        return wanted
    copy = match_copy(wanted.listing, options.copy_from)
    return replace(wanted, listing=copy.listing, copy=copy)
