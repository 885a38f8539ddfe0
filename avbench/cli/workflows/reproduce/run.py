"""`avbench reproduce`: the rows of a table, made from nothing; or the commands that would do it."""

from collections.abc import Sequence

from avbench.cli.console import errors
from avbench.cli.workflows.reproduce.plan import Planned, planner_of
from avbench.cli.workflows.reproduce.rows import STUDIES, rows_of
from avbench.cli.workflows.reproduce.scale import Scale
from avbench.cli.workflows.reproduce.studies import study_script
from avbench.cli.workflows.script import script
from avbench.cli.workflows.steps import call, run_steps

# Tables 3 and 4 do not name their data set.
_DATASET = {1: "landscape", 2: "aist", 3: "landscape", 4: "landscape", 5: "landscape", 6: "landscape"}


def reproduce_table(
    table: int, scale: Scale, *, dataset: str = "", rows: Sequence[int] = (), dry_run: bool = False, device: str
) -> None:
    """Makes the rows that are not there yet and shows the table. Killed at any moment, the same call goes on.

    Args:
        dataset: "" for the table's own, and for a smoke test the synthetic one.
        rows: numbers; () for all.
        dry_run: print the commands in place of running them.

    Raises:
        UsageError: there is no such row or data set.
        AvbenchError: what a command raises.
    """
    chosen = dataset or ("synthetic" if scale.smoke else _DATASET[table])
    if table in STUDIES:
        print("\n".join(study_script(table, chosen, scale)))
        return
    planner = planner_of(chosen, scale, device=device)
    planned = [planner.row(row) for row in rows_of(table, rows)]
    report = ("report", f"table{table}", *planner.selection())
    if dry_run:
        print("\n".join(script(planned, report)))
        return
    make_rows(planned)
    call(report)


def make_rows(planned: Sequence[Planned]) -> None:
    """Runs what is missing of each row; rows whose model is not registered are told and passed over."""
    for row in planned:
        errors.rule(row.title)
        if row.missing:
            errors.print(
                f"not available in this version of avbench: it has no model {', '.join(row.missing)}", highlight=False
            )
            continue
        run_steps(row.steps)
