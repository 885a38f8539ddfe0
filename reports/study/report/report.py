"""`avbench study report`: write the report of one study, or of several together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from avbench.errors import UsageError
from avbench.workspace import atomic_write
from reports.study.analysis.bootstrap import DRAWS
from reports.study.report.checks import checks
from reports.study.report.correlations import MetricAgainstPeople, correlation_sheet, correlations
from reports.study.report.opinions import intervals, table5
from reports.study.report.page import to_page
from reports.study.report.passes import table6
from reports.study.report.protocol import protocol
from reports.study.report.reported import Reported, read_reported
from reports.study.report.sheet import Sheet, to_latex, to_markdown
from reports.study.report.tidy import SCORES, csv_files, report_json, scores_csv

REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was written, and the tables to show."""

    folder: Path  # of the tables shown
    sheets: tuple[Sheet, ...]


def report(
    folders: Sequence[Path],
    *,
    results: Path | None = None,
    called: Mapping[str, str] | None = None,
    out: Path | None = None,
    ground_truth: str | None = None,
    focus: str | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> Report:
    """Write the report of each study into its folder; of several also one of all together into `out`.

    Args:
        folders: the studies.
        results: folder of results, to correlate their metrics with people's scores.
        called: a study's method -> what results call it.
        out: folder of the report of several; None for `report` beside the first study.
        ground_truth: name of the method of real clips; None finds it by a usual name.
        focus: compare this method with each other one; None takes "ours", and without it compares all with all.
        seed: of bootstrap and draws.
        draws: of the bootstrap; 0 for none.

    Raises:
        UsageError: a folder is named twice, is no study, or has no answers; or a method or result does not exist.
        DataError: a file is damaged or missing, there are no votes, or two studies give one cell.
    """
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise UsageError("a study is named twice; a report takes each once")
    reported = [
        read_reported(folder, ground_truth=ground_truth, focus=focus, seed=seed, draws=draws) for folder in folders
    ]
    joint = _sheets(reported)  # before anything is written: two studies may not fit together
    correlated = correlations(reported, results, called or {}, seed=seed) if results else []
    for one in reported:
        told = [line for line in correlated if len(reported) == 1]
        _write(one.folder / REPORT, [one], joint if len(reported) == 1 else _sheets([one]), told)
        atomic_write(one.folder / REPORT / SCORES, scores_csv(one))
    folder = reported[0].folder / REPORT
    if len(reported) > 1:
        folder = out or folders[0].parent / REPORT
        _write(folder, reported, joint, correlated)
    shown = [*joint, *([correlation_sheet(correlated)] if correlated else [])]
    return Report(folder=folder, sheets=tuple(shown))


def _sheets(reported: Sequence[Reported]) -> list[Sheet]:
    sheets = [*table5(reported), *table6(reported)]
    if spread := intervals(reported):
        sheets.append(spread)
    return [*sheets, *checks(reported), protocol(reported)]


def _write(
    folder: Path, reported: Sequence[Reported], sheets: Sequence[Sheet], correlated: Sequence[MetricAgainstPeople]
) -> None:
    title = "Human study " + ", ".join(one.study.study_id for one in reported)
    shown = [*sheets, *([correlation_sheet(correlated)] if correlated else [])]
    atomic_write(folder / "report.md", f"# {title}\n\n" + "\n".join(map(to_markdown, shown)))
    atomic_write(folder / "report.html", to_page(title, shown))
    atomic_write(folder / "report.json", report_json(reported, correlated))
    for sheet in shown:
        if sheet.name.startswith("table"):
            atomic_write(folder / f"{sheet.name}.md", to_markdown(sheet))
            atomic_write(folder / f"{sheet.name}.tex", to_latex(sheet))
    if not correlated:
        (folder / "correlation.csv").unlink(missing_ok=True)  # of an earlier report: its numbers may be others by now
    for name, text in csv_files(reported, correlated):
        atomic_write(folder / name, text)
