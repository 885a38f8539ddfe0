"""How commands talk: results on standard output, everything else on standard error."""

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from avbench.progress import Progress as Report

output = Console()
errors = Console(stderr=True)


@contextlib.contextmanager
def progress_bars() -> Iterator[Report]:
    """Bars with rate and time left, on standard error, one for each thing that is done."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors) as bars:
        tasks: dict[str, tuple[TaskID, float, int]] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks or bars.tasks[tasks[what][0]].finished:
                # What is done at the first report may have been done by an earlier command.
                tasks[what] = bars.add_task(what, total=total, rate=""), time.monotonic(), done
            task, begun, before = tasks[what]
            rate = (done - before) / max(time.monotonic() - begun, 1e-9)
            bars.update(task, completed=done, total=total, rate=f"{rate:.1f}/s" if rate > 0 else "")

        yield report
