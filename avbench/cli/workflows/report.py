"""What `avbench report` gathers: results, studies, data sets and clips, for the tables and pages of `reports`."""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from avbench.progress import Progress, silent

if TYPE_CHECKING:
    import pandas as pd

    from reports.claims import Claim
    from reports.comparison.scored import Results, Scored
    from reports.page.datasets import DataSet

NO_LITERATURE = "reports/literature.csv holds no rows yet, so there is nothing from the literature to show"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which results are shown; "" is any."""

    protocol: str = ""
    features: str = ""
    dataset: str = ""
    allow_smoke: bool = False

    def of(self, results: "Results") -> "list[Scored]":
        """Those results.

        Raises:
            UsageError: there are none.
        """
        from avbench.features.suites import extractors_of
        from reports.comparison.selection import select

        names = {one.name for one in extractors_of(self.features).values()} if self.features else set()
        return select(results.scored, protocol=self.protocol, features=names, dataset=self.dataset)


@dataclass(frozen=True, slots=True)
class Written:
    """A table as text, and what its reader should be told besides."""

    text: str
    warnings: tuple[str, ...]


def paper_table(
    number: int,
    results: Path,
    studies: Path,
    choice: Choice,
    *,
    also: Sequence[str] = (),
    with_literature: bool = False,
    format: str = "md",
) -> Written:
    """A table of the paper as "csv", "md" or "latex".

    Raises:
        UsageError: there are no results, or none fit the choice.
        DataError: results are damaged, or of unlike protocols or weights.
    """
    from reports.comparison.literature import cite, read_literature
    from reports.comparison.scored import read_results
    from reports.comparison.selection import made_from
    from reports.comparison.studies import compare_opinions, read_opinions
    from reports.comparison.table import compare
    from reports.comparison.writers import WRITERS
    from reports.paper_rows import paper_tables

    table = paper_tables()[number]
    if table.is_study:
        opinions = read_opinions(studies)
        comparison, sources = compare_opinions(table, opinions.lines), opinions.files
        warnings: tuple[str, ...] = ()
    else:
        found = read_results(results)
        comparison = compare(table, choice.of(found), also=also, allow_smoke=choice.allow_smoke)
        sources, warnings = made_from(comparison, found.files), found.warnings
    comparison = cite(comparison, mentions := read_literature() if with_literature else [])
    if with_literature and not mentions:
        warnings = (*warnings, NO_LITERATURE)
    return Written(WRITERS[format](comparison, sources), (*warnings, *comparison.left_out))


def whole_report(
    results: Path,
    studies: Path,
    data: Path,
    folder: Path,
    choice: Choice,
    *,
    clips: int,
    with_literature: bool = False,
    progress: Progress = silent,
) -> Written:
    """The report on everything in the workspace, in `folder`; its text is the path of its page.

    Raises:
        UsageError: there are no results, or none fit the choice.
        DataError: results are damaged.
        MachineError: the folder cannot be written.
    """
    import pandas as pd

    from reports.comparison.literature import read_literature
    from reports.comparison.scored import read_results
    from reports.comparison.studies import read_opinions
    from reports.page.datasets import read_datasets
    from reports.report import Material, Report

    found = read_results(results)
    scored = choice.of(found)
    opinions = read_opinions(studies)
    datasets = read_datasets(data)
    literature = read_literature() if with_literature else []
    material = Material(
        results=found,
        scored=scored,
        opinions=opinions,
        claims=_claims(scored, opinions.lines, datasets),
        datasets=datasets,
        studies={path.parent.name: pd.read_csv(path) for path in sorted(results.glob("*/sanity.csv"))},
        literature=literature,
        allow_smoke=choice.allow_smoke,
    )
    report = Report(folder, material)
    page = report.write(clips=clips, progress=progress)
    untold = [NO_LITERATURE] if with_literature and not literature else []
    return Written(str(page), (*report.warnings, *untold))


def all_claims(results: Path, studies: Path, data: Path, choice: Choice) -> "list[Claim]":
    """The paper's sentences beside ours; without results, ours stay empty.

    Raises:
        DataError: results are damaged.
    """
    from avbench.errors import UsageError
    from reports.comparison.scored import read_results
    from reports.comparison.studies import read_opinions
    from reports.page.datasets import read_datasets

    try:
        scored = choice.of(read_results(results))
    except UsageError:
        scored = []
    return _claims(scored, read_opinions(studies).lines, read_datasets(data))


def _claims(scored: "list[Scored]", opinions: "pd.DataFrame", datasets: "list[DataSet]") -> "list[Claim]":
    from avbench.errors import DataError
    from reports.claims import claims
    from reports.comparison.table import compare
    from reports.paper_rows import paper_tables

    comparisons = []
    for digest in dict.fromkeys(one.protocol_hash for one in scored):
        for number in (1, 2):
            with contextlib.suppress(DataError):  # a table that cannot be made is told where it would stand
                own = [one for one in scored if one.protocol_hash == digest]
                comparisons.append(compare(paper_tables()[number], own))
    return claims(comparisons, opinions, _parameters(), datasets)


def _parameters() -> dict[str, int]:
    """How many parameters the networks have in the paper's size, counted on networks without memory."""
    import torch

    from models.mm_diffusion.config import PAPER
    from models.mm_diffusion.coupled_unet import CoupledUNet
    from models.super_resolution.config import PAPER as PAPER_SR
    from models.super_resolution.unet import SuperResolutionUNet

    with torch.device("meta"):
        networks = {"mm-diffusion": CoupledUNet(PAPER), "super-resolution": SuperResolutionUNet(PAPER_SR)}
    return {name: sum(map(torch.Tensor.numel, network.parameters())) for name, network in networks.items()}


def draw_figures(
    clipsets: Sequence[Path], folder: Path, *, conditions: Path | None, clips: int, frames: int, progress: Progress
) -> list[Path]:
    """Sheets of the clip sets in `folder`, and `figures.json`, which tells what they were made from.

    Clips that were made to fit others stand beneath these, which are looked for in `data/` unless `conditions` names
    them.

    Raises:
        UsageError: a set does not exist, or what its clips were made to fit is not there.
        DataError: a clip cannot be decoded.
        MachineError: the folder cannot be written.
    """
    from avbench.clipset import open_clipset
    from avbench.workspace import atomic_write, sha256_file
    from reports.figures import class_sheets, conditional_sheets, draw_sheet, is_conditional, told

    drawn: dict[str, str] = {}
    made_from = []
    for done, path in enumerate(clipsets):
        progress("clip sets", done, len(clipsets))
        clipset = open_clipset(path)
        if is_conditional(clipset):
            given = open_clipset(conditions or _given(path))
            sheets = conditional_sheets(clipset, given, clips=clips, frames=frames)
        else:
            sheets = class_sheets(clipset, clips=clips, frames=frames)
        # Two sets of one name, as the samples of two runs are, must not share a file.
        files = {f"{sheet.name}-{clipset.fingerprint[:6]}.png": sheet for sheet in sheets}
        for name, sheet in files.items():
            draw_sheet(sheet, folder / name)
            drawn[name] = sha256_file(folder / name)
        made_from.append(told(files, clipset))
    progress("clip sets", len(clipsets), len(clipsets))
    atomic_write(folder / "figures.json", json.dumps({"made_from": made_from, "wrote": drawn}, indent=1) + "\n")
    return [folder / name for name in drawn]


def _given(path: Path) -> Path:
    """The clip set whose clips those of `path` were made to fit, by the name that its manifest gives."""
    from avbench.clipset.layout import read_manifest

    made = read_manifest(path).get("made", {})
    condition = made.get("settings", {}).get("condition") or {}
    return Path("data") / str(condition.get("clipset", "conditions"))
