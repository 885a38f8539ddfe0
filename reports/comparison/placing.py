"""Which row and column of the paper's tables an evaluation belongs to.

What `avbench reproduce` stamped goes where its stamp says. Everything else must be what the row says, as far as rows
differ by it (model, solver, windows, shift, training step, data set), or bear the row's name (`avbench eval --name
DIGAN`): a row is left empty rather than guessed. How else an evaluation differs from the paper's is told by
`deviations`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from reports.comparison.making import Making
from reports.comparison.scored import Scored
from reports.paper_rows import PaperRow, PaperTable, paper_dataset

_GROUND_TRUTH = "Ground-truth"
_FULL_SAMPLING = 1_000  # steps of "Ours*"
USUAL_STEPS = 20  # of DPM-Solver in the released scripts; the paper does not tell
_MODELS = {
    "mm-diffusion": "Ours",
    "video-only": "Ours-v",
    "audio-only": "Ours-a",
    "diffwave": "Diffwave",
    "digan": "DIGAN",
    "tats": "TATS-base",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an evaluation belongs."""

    row: PaperRow
    group: str  # of columns; "" in tables 1 to 3
    scored: Scored
    rank: tuple[float, ...]  # of two that fit one place, the greater counts


def places(scored: Scored, table: PaperTable) -> Iterator[Place]:
    """All places of an evaluation in one of the tables 1 to 4."""
    for row in table.rows:
        if scored.is_ground_truth:
            if row.method == _GROUND_TRUTH and _is_of(scored, table):
                own = any((stamp.table, stamp.row) == (table.number, row.number) for stamp in scored.stamps)
                yield Place(row, "", scored, (float(own), float(scored.n)))
        elif scored.stamps:
            for stamp in scored.stamps:
                # The row of the ground truth is made by scoring real clips as if they were a model's.
                if (stamp.table, stamp.row) == (table.number, row.number) and row.method != _GROUND_TRUTH:
                    yield Place(row, _group(table, stamp.steps), scored, (inf, 1.0, float(scored.n)))
        elif (group := _fits(scored, table, row)) is not None:
            step, usual = (scored.made.step, scored.made.evaluations == USUAL_STEPS) if scored.made else (0, False)
            yield Place(row, group, scored, (float(step), float(usual), float(scored.n)))


def _is_of(scored: Scored, table: PaperTable) -> bool:
    """Whether it is on the table's data set, or was made for this table on another."""
    made_for = any(stamp.table == table.number for stamp in scored.stamps)
    return made_for or (table.number in (1, 2) and paper_dataset(scored.dataset) == table.dataset)


def _fits(scored: Scored, table: PaperTable, row: PaperRow) -> str | None:
    """The group of columns that an evaluation without a stamp belongs to, if it fits the row."""
    dataset = paper_dataset(scored.dataset)
    if not dataset or table.dataset not in ("", dataset) or row.method == _GROUND_TRUTH:
        return None
    made = scored.made
    if made is None:
        named = table.number in (1, 2) and scored.method.casefold() == row.method.casefold()
        return "" if named else None
    if _name_of(made) != row.method:
        return None
    if table.number == 3:
        return "" if made.windows == row.windows and made.random_shift is False and made.step == 80_000 else None
    if made.windows not in (None, (1, 4, 8)):
        return None
    if table.number == 4:
        group = _group(table, made.step)
        known = made.step % 1_000 == 0 and group in {column.group for column in table.columns}
        return group if known and made.random_shift is row.random_shift else None
    return "" if made.random_shift in (None, True) else None


def _name_of(made: Making) -> str:
    """What the paper calls the method; "" where it has no such."""
    name = _MODELS.get(made.model, "")
    if made.conditional or made.upscaled:
        return ""
    if name != "Ours":
        return name
    if made.solver == "ddpm":
        return "Ours*" if made.evaluations == _FULL_SAMPLING else ""
    return "Ours" if made.solver.startswith("dpm") else ""


def _group(table: PaperTable, steps: int | None) -> str:
    return f"{(steps or 0) // 1000}k" if table.number == 4 else ""
