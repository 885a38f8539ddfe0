"""`avbench demo`: the whole way on the embedded data set: prepare, train, sample, evaluate.

A small MM-Diffusion is trained for minutes, which gives shapes and sounds, not realism. Its samples and pure noise,
what sampling begins with, are scored against real clips in the network's own shape. The table should tell them apart.
"""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avbench.cli.console import errors, output, progress_bars
from avbench.progress import Progress

if TYPE_CHECKING:  # models import torch, which takes seconds
    import pandas as pd

    from models.run import Run

CLIPS = 32
TRAINING_STEPS = 160  # of the 3,000 of preset tiny: some two minutes on two cores
SAMPLING_STEPS = 25  # of the 50 of preset tiny: some three quarters of a minute
_DATA = Path("data/synthetic")


def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything that the demo writes.")] = Path("demo"),
    steps: Annotated[
        int, typer.Option(help="Training steps; more of them give better samples.", min=1)
    ] = TRAINING_STEPS,
) -> None:
    """Prepare the embedded data set, train a small network on it, sample it, score the samples, print the table.

    Interrupted, the same command goes on where it was.
    """
    from avbench.plugins import load_plugins
    from reports.tables import rich_tables

    load_plugins()
    out.mkdir(parents=True, exist_ok=True)
    with contextlib.chdir(out), progress_bars() as progress:
        _prepare(progress)
        run = _train(steps, progress)
        summary = _evaluate(run, progress)
    for table in rich_tables(summary):
        output.print(table)
    errors.print(
        f"real clips: {out / run.path}/eval, samples: {out / run.path}/samples, results: {out / 'results'}; "
        "look at clips with `avbench inspect FOLDER`",
        highlight=False,
        soft_wrap=True,
    )


def _prepare(progress: Progress) -> None:
    from pipelines.prepare import prepare
    from pipelines.source import SOURCES
    from pipelines.storage import Storage

    harvest = SOURCES["synthetic"](CLIPS, seed=0)
    prepare(harvest, _DATA, name=_DATA.name, storage=Storage(clip_seconds=None, v64=True), progress=progress)


def _train(steps: int, progress: Progress) -> "Run":
    from models.training.start import Request
    from models.training.train import train

    changes = {"training.steps": str(steps), "sampling.steps": str(SAMPLING_STEPS)}
    request = Request(model="mm-diffusion", data=_DATA, preset="tiny", changes=changes, name=f"tiny-{steps}-steps")
    return train(request, progress=progress).run


def _evaluate(run: "Run", progress: Progress) -> "pd.DataFrame":
    """Noise and the run's samples against real clips, in one table."""
    import pandas as pd

    from avbench.clipset import open_clipset
    from avbench.evaluation import evaluate
    from avbench.reshape import reshape
    from models.sampling.noise import noise_set
    from models.sampling.sample import sample_run

    samples = sample_run(run, CLIPS, progress=progress).base
    noise = noise_set(run.config.spec, CLIPS, Path("noise"))
    # Real clips as the network sees them: against the originals, resolution would be measured.
    real = reshape(open_clipset(_DATA), run.config.spec, run.path / "eval" / "real", progress=progress)
    return pd.concat(
        evaluate(
            real,
            generated,
            protocol="avbench",
            features="embedded",
            samples=CLIPS,
            runs=3,
            method=method,
            out=Path("results") / method,
            progress=progress,
        ).summary
        for method, generated in (("noise", noise), (run.name, samples))
    )
