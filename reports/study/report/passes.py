"""Table 6: the Turing test's pass rates in the paper's shape, with intervals, and the gap to real clips."""

from collections.abc import Sequence

from avbench.errors import DataError
from reports.paper_rows import Column, paper_dataset, paper_tables
from reports.study import roles
from reports.study.analysis.turing import PassCell
from reports.study.report.opinions import method_order
from reports.study.report.reported import Reported
from reports.study.report.sheet import Sheet
from reports.study.report.words import NONE, PASS_METRIC, decimal, interval, percent


def table6(reported: Sequence[Reported]) -> list[Sheet]:
    """Pass rates after screening and of all raters, and the gaps; nothing where no study asked.

    Raises:
        DataError: two studies give one cell.
    """
    everything = pass_cells(reported, screened=False)
    if not everything:
        return []
    sheets = [
        _rates("table6", "Table 6. Turing test: votes that did not say “machine”", pass_cells(reported, screened=True)),
        _rates("table6-unscreened", "Table 6, all raters", everything),
    ]
    return [*sheets, gap] if (gap := _gaps(reported)) else sheets


def pass_cells(reported: Sequence[Reported], *, screened: bool) -> list[PassCell]:
    """The cells of all studies together, the paper's rows first.

    Raises:
        DataError: two studies give one cell.
    """
    found: dict[tuple[str, str], PassCell] = {}
    for one in reported:
        for cell in one.numbers(screened=screened).passes:
            if (cell.dataset, cell.method) in found:
                raise DataError(
                    f"the studies both give the pass rate of {cell.method} on {cell.dataset}; report them one by one"
                )
            found[cell.dataset, cell.method] = cell
    order = method_order([method for _, method in found])
    return sorted(found.values(), key=lambda cell: (cell.dataset, order.index(cell.method)))


def _rates(name: str, title: str, cells: Sequence[PassCell]) -> Sheet:
    published = {row.method: row.published for row in paper_tables()[6].rows}
    rows = []
    for cell in cells:
        theirs = published.get(roles.paper_method(cell.method) or "", {})
        clustered = cell.wilson95_clustered or cell.wilson95
        rows.append(
            (
                cell.dataset,
                cell.method,
                percent(cell.pass_rate),
                decimal(theirs.get(Column(paper_dataset(cell.dataset), PASS_METRIC)), 1),
                interval(clustered, 1, scale=100) + ("" if cell.wilson95_clustered else "†"),
                interval(cell.wilson95, 1, scale=100),
                f"{cell.n_votes:,}",
                *(percent(cell.counts[option] / cell.n_votes) for option in ("real", "undetermined", "machine")),
                percent(cell.clip_majority_pass_rate),
            )
        )
    notes = [
        "passed: share of votes that said “real” or “cannot be determined”. A rater who clicks at random passes 67 %: "
        "read a rate beside the ground truth's.",
        "95 %: Wilson's interval with votes of a clip and of a rater hanging together (two-way clustered); beside it "
        "the one that takes votes for independent. by majority: share of clips that more than half of the votes pass.",
    ]
    if any(cell.wilson95_clustered is None for cell in cells):
        notes.append("† one clip or one rater: votes taken for independent.")
    return Sheet(
        name=name,
        title=title,
        headings=(
            *("Data set", "Method", "passed %", "paper", "95 %", "95 %, votes independent", "n"),
            *("real %", "undetermined %", "machine %", "by majority %"),
        ),
        rows=tuple(rows),
        left=2,
        notes=tuple(notes),
    )


def _gaps(reported: Sequence[Reported]) -> Sheet | None:
    rows = [
        (
            gap.dataset,
            f"{gap.ground_truth} − {gap.method}",
            percent(gap.gap),
            interval(gap.newcombe95_clustered, 1, scale=100) if gap.newcombe95_clustered else NONE,
            interval(gap.newcombe95, 1, scale=100),
            percent(gap.hit_rate),
            percent(gap.false_alarm_rate),
        )
        for one in reported
        for gap in one.numbers(screened=True).gaps
    ]
    if not rows:
        return None
    return Sheet(
        name="table6-gap",
        title="Gap of the pass rate to real clips, in percentage points",
        headings=("Data set", "Gap", "points", "95 %", "95 %, votes independent", "hits %", "false alarms %"),
        rows=tuple(rows),
        left=2,
        notes=(
            "Newcombe's interval from both Wilson intervals. hits: “machine” said of generated clips; false alarms: of "
            "real ones.",
        ),
    )
