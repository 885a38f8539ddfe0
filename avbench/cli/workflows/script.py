"""Plans as text: the commands of a dry run, to be pasted into a shell, with what they cost."""

from collections.abc import Iterable, Iterator

from avbench.cli.workflows.reproduce.plan import Planned
from avbench.cli.workflows.steps import Step


def script(rows: Iterable[Planned], last: Iterable[str] = ()) -> Iterator[str]:
    """Lines of a shell script; everything that is no command is a comment.

    A command that several rows need stands once, where it comes first. The commands of rows whose model is not
    registered are comments too.

    Args:
        last: arguments of the command that ends it, if there is one.
    """
    from models.cost import SUSTAINED_TERAFLOPS, gpu_hours

    told: set[str] = set()
    total, unknown = 0.0, False
    for row in rows:
        yield f"# {row.title}" + (f" ({row.note})" if row.note else "")
        if row.missing:
            yield f"# not available in this version of avbench: it has no model {', '.join(row.missing)}"
        for step in row.steps:
            if step.command in told:
                continue
            told.add(step.command)
            cost, remark = _cost(step)
            total, unknown = total + (cost or 0.0), unknown or cost is None
            yield f"{'# ' if row.missing else ''}{step.command}{remark}"
        yield ""
    if last := tuple(last):
        yield Step(arguments=last, done=lambda: False).command
    hours = f"{gpu_hours(total):,.1f} GPU-hours" + (" and what is not counted" if unknown else "")
    yield (
        f"# in all {hours}: operations counted on the networks, at an assumed {SUSTAINED_TERAFLOPS:g} TFLOP/s a GPU; "
        "evaluation is not counted"
    )


def _cost(step: Step) -> tuple[float | None, str]:
    """Operations that are still to be done, and the remark behind the command."""
    from models.cost import gpu_hours

    if step.done():
        return 0.0, "  # done"
    count = step.operations()
    if count is None:
        return None, "  # GPU-hours not counted"
    return count, f"  # {gpu_hours(count):,.1f} GPU-hours" if count else ""
