"""Table 5: mean opinion scores in the paper's shape, with its numbers beside, and with intervals."""

from collections.abc import Sequence

from avbench.errors import DataError
from reports.paper_rows import Column, paper_dataset, paper_tables
from reports.study import roles
from reports.study.analysis.opinion import OpinionCell
from reports.study.report.reported import Reported
from reports.study.report.sheet import Sheet
from reports.study.report.words import NONE, TASK_METRICS, decimal, interval, metric, span

Cells = dict[tuple[str, str, str], OpinionCell]  # by data set, method, task


def table5(reported: Sequence[Reported]) -> list[Sheet]:
    """The paper's view, and the full one for screened and for all votes; nothing where no study asked for scores.

    Raises:
        DataError: two studies give one cell. Scores are relative to what else a study shows, so that neither is better.
    """
    screened, everything = (opinion_cells(reported, screened=those) for those in (True, False))
    if not everything:
        return []
    return [
        _paper_view(screened),
        _full_view("table5-full", "Table 5 with intervals", screened, _marks(reported, screened=True), reported),
        _full_view(
            "table5-unscreened",
            "Table 5 with intervals, all raters",
            everything,
            _marks(reported, screened=False),
            reported,
        ),
    ]


def opinion_cells(reported: Sequence[Reported], *, screened: bool) -> Cells:
    """The cells of all studies together.

    Raises:
        DataError: two studies give one cell.
    """
    found: Cells = {}
    for one in reported:
        for cell in one.numbers(screened=screened).opinions:
            place = (cell.dataset, cell.method, cell.task)
            if place in found:
                raise DataError(
                    f"the studies both give {metric(cell.task)} of {cell.method} on {cell.dataset}; opinion scores "
                    "are relative to what else a study shows, so report these studies one by one"
                )
            found[place] = cell
    return found


def method_order(methods: Sequence[str]) -> list[str]:
    """The paper's rows first, in its order, then others by name."""
    order = list(roles.PAPER_METHODS)

    def rank(method: str) -> tuple[int, str]:
        name = roles.paper_method(method)
        return (len(order) if name is None else order.index(name), method)

    return sorted(set(methods), key=rank)


def _paper_view(cells: Cells) -> Sheet:
    places = _places(cells)
    published = {row.method: row.published for row in paper_tables()[5].rows}
    headings = ["Method"]
    for dataset, task in places:
        headings += [f"{dataset} {metric(task)}", *(["paper"] if paper_dataset(dataset) else [])]
    rows = []
    for method in method_order([method for _, method, _ in cells]):
        theirs = published.get(roles.paper_method(method) or "", {})
        row = [method]
        for dataset, task in places:
            cell = cells.get((dataset, method, task))
            row.append(NONE if cell is None else decimal(cell.mean))
            if name := paper_dataset(dataset):
                row.append(decimal(theirs.get(Column(name, metric(task)))))
        rows.append(tuple(row))
    votes = span([cell.n_votes for cell in cells.values()])
    notes = (
        f"Means of all screened votes, 1 (bad) to 5 (good); {votes} votes a cell (the paper: 2,500).",
        "Scores are relative to what else a study shows; the paper's are from another study, with other raters.",
    )
    return Sheet(
        name="table5", title="Table 5. Mean opinion scores", headings=tuple(headings), rows=tuple(rows), notes=notes
    )


def _full_view(
    name: str, title: str, cells: Cells, marks: dict[tuple[str, str, str], str], reported: Sequence[Reported]
) -> Sheet:
    places = _places(cells)
    rows = []
    for method in method_order([method for _, method, _ in cells]):
        row = [method]
        for dataset, task in places:
            cell = cells.get((dataset, method, task))
            row.append(NONE if cell is None else _with_interval(cell, marks.get((dataset, method, task), "")))
        rows.append(tuple(row))
    focus = sorted({one.analysis.focus for one in reported if one.analysis.focus})
    votes = span([cell.n_votes for cell in cells.values()])
    notes = [
        f"n = {votes} votes a cell. ± is half of the 95 % interval with clips and raters both random (two-way "
        "clustered, Student's t).",
    ]
    if focus:
        notes.append(
            f"* p < .05, ** p < .01, *** p < .001, ns otherwise: difference to {', '.join(focus)} over clip means, "
            "after Holm's correction over all tests of a study."
        )
    headings = ("Method", *(f"{dataset} {metric(task)}" for dataset, task in places))
    return Sheet(name=name, title=title, headings=headings, rows=tuple(rows), notes=tuple(notes))


def intervals(reported: Sequence[Reported]) -> Sheet | None:
    """Every interval of every cell side by side, for those who compare with other toolkits' numbers."""
    cells = opinion_cells(reported, screened=True)
    if not cells:
        return None
    rows = [
        (
            cell.dataset,
            cell.method,
            metric(cell.task),
            decimal(cell.mean),
            decimal(cell.sd),
            f"{cell.n_votes:,}",
            f"{cell.n_clips:,}",
            f"{cell.n_raters:,}",
            interval(cell.ci95_twoway),
            interval(cell.ci95_bootstrap),
            interval(cell.ci95_clip),
            interval(cell.ci95_t),
            interval(cell.ci95_normal),
        )
        for cell in cells.values()
    ]
    return Sheet(
        name="intervals",
        title="Mean opinion scores and their 95 % intervals",
        headings=(
            *("Data set", "Method", "Task", "MOS", "sd", "votes", "clips", "raters"),
            *("two-way", "bootstrap", "over clips", "t", "normal"),
        ),
        rows=tuple(rows),
        left=3,
        notes=(
            "two-way: clips and raters both random, the one to report. bootstrap: clips and raters drawn again. over "
            "clips: raters taken as given. t and normal take votes for independent, and are too narrow.",
        ),
    )


def _places(cells: Cells) -> list[tuple[str, str]]:
    tasks = list(TASK_METRICS)
    found = {(dataset, task) for dataset, _, task in cells}
    paper = ["Landscape", "AIST++"]

    def rank(place: tuple[str, str]) -> tuple[int, str, int]:
        name = paper_dataset(place[0])
        return (paper.index(name) if name else len(paper), place[0], tasks.index(place[1]))

    return sorted(found, key=rank)


def _with_interval(cell: OpinionCell, mark: str) -> str:
    if cell.ci95_twoway is None:
        return f"{decimal(cell.mean)} {mark}".strip()
    half = (cell.ci95_twoway[1] - cell.ci95_twoway[0]) / 2
    return f"{decimal(cell.mean)} ±{decimal(half)} {mark}".strip()


def _marks(reported: Sequence[Reported], *, screened: bool) -> dict[tuple[str, str, str], str]:
    """Stars of each method against the one under test."""
    return {
        (test.dataset, test.b, test.task): test.mark
        for one in reported
        if one.analysis.focus
        for test in one.numbers(screened=screened).pairs
    }
