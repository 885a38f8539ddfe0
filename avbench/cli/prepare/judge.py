"""`avbench prepare audit` and `avbench prepare quality`: what to know of a prepared set before it is used."""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avbench.cli.console import errors, output, progress_bars
from avbench.cli.prepare.options import AsJson, Workers
from avbench.errors import UsageError

if TYPE_CHECKING:
    from avbench.clipset.shards import ShardClipSet

_SHOWN = 10  # leaks on the screen
_SHEET = 4  # clips on a contact sheet


def audit(
    path: Annotated[Path, typer.Argument(help="A clip set, or a folder with train and test.")],
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 4 if the splits are not apart.")] = False,
    out: Annotated[Path | None, typer.Option(help="The list as CSV. Default: results/audit/NAME.csv.")] = None,
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:
    """Look for clips of different splits that share a source, look alike or sound alike."""
    from avbench.clipset import open_clipset
    from pipelines.audit import audit as audited

    clipset = open_clipset(path)
    table = out or Path("results", "audit", f"{clipset.name}.csv")
    if clipset.kind == "folder" and table.resolve().is_relative_to(path.resolve()):
        raise UsageError(f"{table} would lie in {path}, where nothing is written; choose another place with --out")
    with progress_bars() as progress:
        found = audited(clipset, workers=workers, progress=progress)
    found.write(table)
    if as_json:
        print(json.dumps(asdict(found), indent=2))
    else:
        kinds = ("source", "picture", "sound")
        counts = ", ".join(f"{kind} {found.count(kind)}" for kind in kinds)
        output.print(f"{found.clips:,} clips in {', '.join(found.splits)}; pairs across splits: {counts}")
        if found.alike and found.count("picture"):
            errors.print(
                "this set takes videos that look alike (--screen copies=true): --strict minds other pairs only"
            )
        for leak in found.leaks[:_SHOWN]:
            line = f"{leak.kind} {leak.score:.2f}: {leak.first_split}/{leak.first} {leak.second_split}/{leak.second}"
            output.print(line, markup=False, highlight=False)
        errors.print(f"all of them: {table}", highlight=False, soft_wrap=True)
    if strict:
        found.check(str(path))


def quality(
    path: Annotated[Path, typer.Argument(help="A prepared clip set.")],
    out: Annotated[Path | None, typer.Option(help="Folder of the report. Default: results/quality/NAME.")] = None,
    sheets: Annotated[int, typer.Option(help="Classes with a contact sheet, the largest first.", min=0)] = 30,
) -> None:
    """Report on a set: counts by class and reason, durations, rates, sizes, loudness; a page and CSVs."""
    from avbench.clipset import open_clipset
    from avbench.clipset.shards import ShardClipSet
    from avbench.inspection import previews
    from pipelines.quality import quality as gathered
    from reports.quality import quality_page

    clipset = open_clipset(path)
    if not isinstance(clipset, ShardClipSet):
        raise UsageError(f"{path} is not a prepared clip set; make one with `avbench prepare folder {path}`")
    folder = out or Path("results", "quality", clipset.name)
    with progress_bars() as progress:
        found = gathered(clipset, progress)
    found.write(folder)
    quality_page(
        folder / "quality.html",
        name=found.name,
        clips=found.clips,
        failures=found.failures,
        classes=found.classes,
        statistics=found.statistics,
        previews={label: previews(clipset, _SHEET, label=label) for label in _largest(clipset, sheets)},
    )
    output.print(str(folder / "quality.html"), markup=False, highlight=False, soft_wrap=True)


def _largest(clipset: "ShardClipSet", count: int) -> list[str]:
    """The classes with the most clips, in alphabetical order."""
    return sorted(label for label, _ in Counter(record.label for record in clipset.records).most_common(count))
