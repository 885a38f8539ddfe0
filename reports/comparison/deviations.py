"""How an evaluation differs from the one that the paper tells of: the marks beside our numbers."""

from collections.abc import Iterator
from math import isfinite

from reports.comparison.making import Making
from reports.comparison.placing import USUAL_STEPS
from reports.comparison.scored import Score, Scored
from reports.paper_rows import FAITHFUL_STEPS, RUNS, SIZE, N, PaperRow, PaperTable, paper_dataset

_OURS = ("Ours", "Ours*", "Ours-v", "Ours-a")


def deviations(scored: Scored, table: PaperTable, row: PaperRow) -> Iterator[str]:
    """What of a row's evaluation is not as in the paper, as far as the paper says how it was."""
    if scored.smoke:
        yield "SMOKE: a trial of the machinery; the numbers mean nothing"
    if scored.protocol != "published":
        yield f"protocol {scored.protocol}"
    if scored.n_generated != N or scored.n_reference != N:
        same = scored.n_generated == scored.n_reference
        counts = f"{scored.n_generated}" if same else f"{scored.n_reference}/{scored.n_generated}"
        yield f"N = {counts} clips, not {N}"
    if scored.size != SIZE:
        yield f"{scored.size} pixels, not {SIZE}"
    if table.dataset and paper_dataset(scored.dataset) != table.dataset:
        yield f"data set {scored.dataset}, not {table.dataset}"
    if not table.dataset:
        yield f"data set {scored.dataset}; the paper names none"
    if scored.made is not None:
        yield from _of_the_model(scored.made, table, row)
    elif not scored.is_ground_truth and not scored.stamps:
        yield "matched by name only: nothing tells how the clips were made"


def score_deviations(score: Score, table: PaperTable) -> Iterator[str]:
    """What of one number is not as in the paper."""
    if score.edited:
        yield "changed by hand after it was written"
    if not isfinite(score.value):
        yield "not a number"
    wanted = RUNS[table.number]
    if score.runs != wanted:
        yield f"{score.runs} run{'s' if score.runs > 1 else ''}, not {wanted}"
    # N is told above, and in which words a set is too small for it does not matter here.
    yield from (
        part for part in score.note.split("; ") if part.startswith(("generated repeated", "reference repeated"))
    )
    yield from (part for part in score.note.split("; ") if part.startswith(("source=", "too few", "biased")))


def _of_the_model(made: Making, table: PaperTable, row: PaperRow) -> Iterator[str]:
    if made.preset and made.preset != "paper":
        yield f"network and training of preset {made.preset}"
    if table.number in (1, 2) and row.method in _OURS and made.step != FAITHFUL_STEPS:
        yield f"{made.step:,} training steps, not {FAITHFUL_STEPS:,}"
    if table.number == 3 and made.step != 80_000:
        yield f"{made.step:,} training steps, not 80,000"
    if made.solver == "ddpm" and made.evaluations != 1_000:
        yield f"{made.evaluations} sampling steps, not 1,000"
    elif row.method in ("Ours", "Ours-v", "Ours-a") and made.solver != "dpm":
        yield f"solver {made.solver}, not DPM-Solver"
    elif made.solver == "dpm" and made.evaluations != USUAL_STEPS:
        yield f"{made.evaluations} evaluations of the network; the released scripts take {USUAL_STEPS}"
