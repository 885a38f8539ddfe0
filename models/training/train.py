"""Training as a user asks for it, from the request to the finished run."""

from collections.abc import Callable
from dataclasses import dataclass

from avbench.progress import Progress, silent
from avbench.ranks import Ranks
from models.run import Run
from models.training.device import default_workers
from models.training.job import Job, prepare_job
from models.training.loop import train_job
from models.training.start import Choice, Request, choose, opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A run that is done."""

    run: Run
    finished_before: bool  # there was nothing to do
    first_process: bool  # of several, the one to speak


def train(
    request: Request,
    *,
    workers: int | None = None,
    announce: Callable[[Choice, Job], None] = lambda choice, job: None,
    progress: Progress = silent,
) -> Trained:
    """Begins a run, or goes on with one, and trains it to its last step. Nothing is written before all is checked.

    Several processes, started by `torchrun` or `accelerate launch`, all call this and train one run together.

    Args:
        workers: processes that read clips ahead of each training process; None: what suits the device.
        announce: told, in the first process, what was chosen.

    Raises:
        UsageError: see `choose` and `prepare_job`.
        DataError: data or checkpoints are not what they should be, or the training diverged.
        MachineError: disk or memory is full, or another command is at work on the run.
        KeyboardInterrupt: somebody interrupted; the step under way was finished and saved.
    """
    ranks = Ranks()
    choice: Choice = ranks.from_first(choose(request) if ranks.first else None)  # type: ignore[assignment]
    if choice.finished:
        return Trained(run=Run(choice.path), finished_before=True, first_process=ranks.first)
    job = prepare_job(choice.config, ranks, begun=choice.checkpoint is not None)
    if ranks.first:
        announce(choice, job)
    with opened(choice, ranks) as run:
        read_ahead = default_workers() if workers is None else workers
        train_job(run, job, workers=read_ahead, force=request.force, progress=progress if ranks.first else silent)
    return Trained(run=run, finished_before=False, first_process=ranks.first)
