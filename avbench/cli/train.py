"""`avbench train`: train a model on a clip set."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avbench.cli.console import errors, progress_bars
from avbench.cli.pairs import named_values

if TYPE_CHECKING:  # models import torch, which takes seconds
    from models.training.job import Job
    from models.training.start import Choice


def train(
    what: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="mm-diffusion (default), video-only, audio-only, super-resolution, diffwave, digan, tats-vqgan, tats, "
            "tats-audio-vqgan, tats-audio or a plug-in's. "
            "With --resume, the run to go on with; default: the newest unfinished one.",
        ),
    ] = "",
    data: Annotated[
        Path | None, typer.Option(help="A clip set or a folder of videos. Default: the prepared data set.")
    ] = None,
    preset: Annotated[str, typer.Option(help="Settings by name. Default: base on a GPU, tiny without one.")] = "",
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a setting, NAME=VALUE: training.learning_rate=3e-4; repeatable."),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="The same as --set training.steps=N.", min=1)] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all that is random. Default: 0.")] = None,
    name: Annotated[str, typer.Option(help="The run's name. Default: MODEL-DATA-PRESET-NUMBER.")] = "",
    init: Annotated[
        Path | None, typer.Option(help="A run, a checkpoint or a published one to take the first weights from.")
    ] = None,
    first_stage: Annotated[
        list[str] | None,
        typer.Option(
            help="A run whose network is a part of this model's, frozen; repeatable. "
            "Default: the newest one of the data set.",
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was begun.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Go on even though settings or data have changed.")] = False,
    plugin: Annotated[list[Path] | None, typer.Option(help="A Python file that registers models; repeatable.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that read clips ahead, for each process that trains.", min=0)
    ] = None,
) -> None:
    """Train a model. Interrupted or killed, the same command goes on where it was."""
    from avbench.plugins import load_plugins
    from models.registry import MODELS
    from models.training.start import Request
    from models.training.train import train as train_run

    load_plugins(plugin or [])
    changes = named_values("--set", set_ or []) | ({} if steps is None else {"training.steps": str(steps)})
    request = Request(
        model="" if resume else what,
        data=data,
        preset=preset,
        changes=changes,
        seed=seed,
        init=init,
        first_stages=tuple(first_stage or ()),
        name=name,
        resume=(what or name) if resume else None,
        force=force,
    )
    with progress_bars() as progress:
        trained = train_run(request, workers=workers, announce=_announce, progress=progress)
    if not trained.first_process:
        return
    if trained.finished_before:
        errors.print(f"{trained.run.path} was finished before; nothing was to do", highlight=False)
    use = MODELS[trained.run.config.model].use(trained.run.name)
    errors.print(f"go on with `avbench {use}`", highlight=False)
    print(trained.run.path)


def _announce(choice: "Choice", job: "Job") -> None:
    config, spec = job.config, job.config.spec
    known = job.needed_gib is not None
    memory = f"about {job.needed_gib:.1f} GiB of the {job.available_gib:.1f} free" if known else "of unmeasured memory"
    lines = (
        f"{config.model}, preset {config.preset}: {job.parameters:,} parameters, {memory}",
        f"{config.data}: {len(job.examples):,} clips, in windows of {spec.frames} frames of {spec.size}x{spec.size} "
        f"at {float(spec.fps):g} fps, sound at {spec.sample_rate:,} Hz",
        f"{choice.path}: steps {choice.steps_done + 1:,} to {config.training.steps:,} of {config.training.batch_size} "
        "samples; Ctrl-C saves, and the same command goes on",
    )
    for line in lines:
        errors.print(line, highlight=False, markup=False, soft_wrap=True)
