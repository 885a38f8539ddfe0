"""A table in the paper's shape: its numbers, ours beside them, what lies between, and how the two were made unlike."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import nan

from avbench.errors import DataError
from reports.comparison.deviations import deviations, score_deviations
from reports.comparison.placing import Place, places
from reports.comparison.scored import Score, Scored
from reports.comparison.ties import best_by_size
from reports.paper_rows import Column, PaperRow, PaperTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A number of the paper and ours; either may be missing."""

    published: float | None = None
    published_best: bool = False
    ours: Score | None = None
    best: bool = False  # or tied with the best
    marks: tuple[int, ...] = ()  # numbers of notes
    scored: Scored | None = None  # where ours is from

    @property
    def comparable(self) -> bool:
        """Whether ours is the same metric: distances between other features are other numbers."""
        return self.ours is not None and self.published is not None and "[" not in self.ours.metric

    @property
    def difference(self) -> float:
        """Ours less the paper's; NaN where there is none."""
        if not self.comparable:
            return nan
        assert self.ours is not None and self.published is not None
        return self.ours.value - self.published


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a comparison."""

    id: str  # "table1:2"; "" for a row that the paper does not have
    label: str
    cells: tuple[Cell, ...]  # one for each column
    marks: tuple[int, ...] = ()  # notes on the whole row


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A table of the paper with our numbers."""

    table: PaperTable
    lines: tuple[Line, ...]
    notes: tuple[str, ...]  # a mark is a place in them, from 1
    protocol: str  # of our numbers; "" where there are none
    left_out: tuple[str, ...] = ()  # evaluations that would fit, and why they do not stand here
    literature: tuple[Line, ...] = ()

    @property
    def is_filled(self) -> bool:
        return any(cell.ours is not None for line in self.lines for cell in line.cells)

    @property
    def labels(self) -> dict[Column, str]:
        """What our numbers of each column are: "FVD", or "FVD[transnetv2]"."""
        found = {}
        for line in self.lines:
            for column, cell in zip(self.table.columns, line.cells, strict=True):
                if cell.ours is not None:
                    found[column] = cell.ours.metric
        return found


@dataclass(slots=True)
class Notes:
    """Notes beneath a table, numbered in the order in which they come up; equal ones are one."""

    texts: list[str] = field(default_factory=list)

    def marks(self, texts: Iterable[str]) -> tuple[int, ...]:
        numbers = []
        for text in texts:
            if text not in self.texts:
                self.texts.append(text)
            numbers.append(self.texts.index(text) + 1)
        return tuple(numbers)


def compare(
    table: PaperTable, scored: Sequence[Scored], *, also: Sequence[str] = (), allow_smoke: bool = False
) -> Comparison:
    """One of the tables 1 to 4 with what was evaluated; rows that were not stay empty.

    Args:
        scored: evaluations; those that belong elsewhere are passed over.
        also: methods that the paper does not have, each a row at the end.
        allow_smoke: let trials of the machinery in.

    Raises:
        DataError: evaluations that belong here are of unlike protocols or weights, or two of them fill one place; the
            message names them. Or there is nothing but trials, and `allow_smoke` is false.
    """
    found = [place for one in scored for place in places(one, table)]
    found, left_out = _admitted(found, table, allow_smoke=allow_smoke)
    used = {id(place.scored): place.scored for place in found}
    others = [
        one
        for one in scored
        if one.method in also and not one.unverified and _belongs_beside(one, [*used.values()], table)
    ]
    _refuse_unlike(table, [*used.values(), *others])
    notes = Notes()
    lines = [_line(table, row, [place for place in found if place.row == row], notes) for row in table.rows]
    lines += [_other_line(table, one, notes) for one in _largest(others)]
    protocols = {one.protocol: one.protocol_hash for one in [*used.values(), *others]}
    return Comparison(
        table=table,
        lines=with_best(table, lines),
        notes=tuple(notes.texts),
        protocol=", ".join(f"{name} ({digest})" for name, digest in protocols.items()),
        left_out=tuple(left_out),
    )


def _admitted(found: list[Place], table: PaperTable, *, allow_smoke: bool) -> tuple[list[Place], list[str]]:
    """Those that may stand in a paper's table, and why the others may not."""
    left_out, admitted = [], []
    smoke = []
    for place in found:
        if place.scored.unverified:
            left_out.append(f"{place.scored.folder}: {place.scored.unverified}; such rows never enter a paper's table")
        elif not all(stamp.complete for stamp in place.scored.stamps):
            left_out.append(f"{place.scored.folder}: `avbench reproduce` has not finished it; give the command again")
        elif place.scored.smoke and not allow_smoke:
            smoke.append(f"{place.scored.folder}: a smoke run, whose numbers mean nothing; --allow-smoke shows them")
        else:
            admitted.append(place)
    if smoke and not admitted:
        raise DataError(f"table {table.number}: {'; '.join(dict.fromkeys(smoke))}")
    return admitted, list(dict.fromkeys([*left_out, *smoke]))


def _refuse_unlike(table: PaperTable, scored: Sequence[Scored]) -> None:
    protocols: dict[str, list[str]] = {}
    weights: dict[str, dict[str, list[str]]] = {}
    for one in scored:
        protocols.setdefault(f"{one.protocol} ({one.protocol_hash})", []).append(str(one.folder))
        for score in one.scores.values():
            network = f"{score.features} {score.weights_sha256[:12]}"
            weights.setdefault(score.name, {}).setdefault(network, []).append(str(one.folder))
    advice = "numbers of unlike ones cannot be compared; choose one with --protocol or --features"
    if len(protocols) > 1:
        raise DataError(f"table {table.number}: results of unlike protocols: {_listed(protocols)}; {advice}")
    for name, networks in weights.items():
        if len(networks) > 1:
            raise DataError(f"table {table.number}: {name} of unlike weights: {_listed(networks)}; {advice}")


def _listed(groups: dict[str, list[str]]) -> str:
    return "; ".join(f"{name} in {', '.join(dict.fromkeys(folders))}" for name, folders in groups.items())


def _belongs_beside(one: Scored, used: Sequence[Scored], table: PaperTable) -> bool:
    """Whether a method of somebody's own is on the data set of the rows above it."""
    datasets = {other.dataset for other in used}
    return one.dataset in datasets if datasets else table.dataset != "" and not one.is_ground_truth


def _largest(scored: Sequence[Scored]) -> list[Scored]:
    """Of each method the evaluation at the largest N."""
    chosen: dict[str, Scored] = {}
    for one in scored:
        if one.method not in chosen or one.n > chosen[one.method].n:
            chosen[one.method] = one
    return list(chosen.values())


def _line(table: PaperTable, row: PaperRow, found: Sequence[Place], notes: Notes) -> Line:
    chosen = {
        group: _chosen(table, row, [place for place in found if place.group == group]) for group in _groups(found)
    }
    shared = [set(deviations(one, table, row)) for one in chosen.values()]
    whole = set.intersection(*shared) if shared else set()
    ordered = [text for one in chosen.values() for text in deviations(one, table, row) if text in whole]
    row_marks = notes.marks(dict.fromkeys(ordered))
    cells = []
    for column in table.columns:
        one = chosen.get(column.group)
        score = _score(one, column.metric) if one else None
        marks: tuple[int, ...] = ()
        if one is not None and score is not None:
            own = [text for text in deviations(one, table, row) if text not in whole]
            marks = notes.marks([*own, *score_deviations(score, table)])
        published = row.published.get(column)
        cells.append(Cell(published=published, ours=score, marks=marks, scored=one if score else None))
    return Line(row.id, row.label, tuple(cells), row_marks if any(cell.ours for cell in cells) else ())


def _groups(found: Sequence[Place]) -> list[str]:
    return list(dict.fromkeys(place.group for place in found))


def _chosen(table: PaperTable, row: PaperRow, found: Sequence[Place]) -> Scored:
    """The one evaluation that fills a place."""
    highest = max(place.rank for place in found)
    fitting = [place.scored for place in found if place.rank == highest]
    values = {tuple(sorted((name, score.value) for name, score in one.scores.items())) for one in fitting}
    # Every evaluation brings the ground truth of its own draws.
    if len(values) > 1 and not fitting[0].is_ground_truth:
        named = ", ".join(sorted({f"{one.folder} ({one.method}, evaluation {one.evaluation})" for one in fitting}))
        raise DataError(
            f"table {table.number}: {len(fitting)} results fill the row {row.id}: {named}; take all but one away, or "
            "name the data set with --dataset"
        )
    return fitting[0]


def _score(scored: Scored, metric: str) -> Score | None:
    return next((score for score in scored.scores.values() if score.name == metric), None)


def _other_line(table: PaperTable, one: Scored, notes: Notes) -> Line:
    stand_in = PaperRow(table=table.number, number=0, method=one.method, published={})
    told = [text for text in deviations(one, table, stand_in) if not text.startswith("matched by name")]
    cells = []
    for column in table.columns:
        score = _score(one, column.metric) if column.group == "" else None
        marks = notes.marks(score_deviations(score, table)) if score else ()
        cells.append(Cell(ours=score, marks=marks, scored=one if score else None))
    return Line("", one.method, tuple(cells), notes.marks(told))


def with_best(table: PaperTable, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines with the best of each column told, of one N; the ground truth is no competitor."""
    cells = [list(line.cells) for line in lines]
    rivals = [number for number, line in enumerate(lines) if line.label != "Ground-truth"]
    for place, column in enumerate(table.columns):
        own = [cells[number][place] for number in rivals]
        ours = best_by_size(
            [cell.ours for cell in own], [cell.scored and cell.scored.clips for cell in own], column.better
        )
        printed = [cell.published for cell in own]
        values = [value for value in printed if value is not None]
        leader = (min if column.better == "lower" else max)(values, default=None)
        for number, is_best, value in zip(rivals, ours, printed, strict=True):
            cells[number][place] = replace(
                cells[number][place], best=is_best, published_best=value is not None and value == leader
            )
    return tuple(replace(line, cells=tuple(own)) for line, own in zip(lines, cells, strict=True))
