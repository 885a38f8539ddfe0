"""`avbench sample`: clips from a run."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avbench.cli.console import errors, progress_bars
from avbench.errors import UsageError

if TYPE_CHECKING:  # models import torch, which takes seconds
    from models.config import RunConfig, SamplingConfig
    from models.sampling.conditions import Conditions


class Solver(StrEnum):
    dpm = "dpm"
    dpm_pp = "dpm++"
    sde_dpm_pp = "sde-dpm++"
    dpm_pp_adaptive = "dpm++-adaptive"
    ddim = "ddim"
    ddpm = "ddpm"
    fast = "fast"
    direct = "direct"
    tokens = "tokens"


class Guidance(StrEnum):
    replacement = "replace"
    gradient = "gradient"


def sample(
    run: Annotated[
        str | None, typer.Argument(help="A run, its name, or a checkpoint of one. Default: the newest run.")
    ] = None,
    samples: Annotated[int, typer.Option(help="How many there are to be.", min=1)] = 64,
    solver: Annotated[
        Solver | None, typer.Option(help="Default: the run's, with its steps; dpm for most models.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(help="Evaluations of the network. Default: what is usual for the solver.", min=1)
    ] = None,
    top_k: Annotated[
        int | None,
        typer.Option(
            help="Of tats(-audio): draw each token among so many of the likeliest. Default: the run's.", min=1
        ),
    ] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Of tats: and among those that hold this share of the probability.", max=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="Sample i depends on it and on i alone.")] = 0,
    from_audio: Annotated[
        Path | None, typer.Option(help="Make pictures that fit the sound of these clips.", show_default=False)
    ] = None,
    from_video: Annotated[
        Path | None, typer.Option(help="Make sound that fits the pictures of these clips.", show_default=False)
    ] = None,
    guidance: Annotated[Guidance, typer.Option(help="How they are made to fit.")] = Guidance.replacement,
    scale: Annotated[
        float | None, typer.Option(help="Strength of --guidance gradient; the released scripts have 3.", min=0)
    ] = None,
    two_stage: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="RUN RUN",
            help="In the place of RUN: one that makes sound (diffwave), and one that makes pictures to it: tats-audio.",
            show_default=False,
        ),
    ] = None,
    per_condition: Annotated[int, typer.Option(help="Samples for each of these clips.", min=1)] = 1,
    split: Annotated[str, typer.Option(help="Split of these clips. Default: the one that was trained on.")] = "",
    upscale: Annotated[
        str | None, typer.Option(help="A super-resolution run that also makes a larger copy of each.")
    ] = None,
    as_published: Annotated[
        bool, typer.Option("--as-published", help="Files (crf 23, MP3) and conditioning as the released scripts do.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the samples. Default: in the run, named after the settings.")
    ] = None,
    batch_size: Annotated[int, typer.Option(help="Samples at once; 0: what suits the device.", min=0)] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    plugin: Annotated[list[Path] | None, typer.Option(help="A Python file that registers models; repeatable.")] = None,
) -> None:
    """Make clips: a folder of mp4 files that is a clip set. Interrupted, the same command goes on where it was."""
    from avbench.plugins import load_plugins
    from avbench.ranks import Ranks
    from models.run import find_run
    from models.sampling.sample import sample_run

    load_plugins(plugin or [])
    ranks = Ranks()
    if two_stage and (run or from_audio or from_video):
        raise UsageError(
            "--two-stage names both runs and makes the sound; leave RUN, --from-audio and --from-video out"
        )
    found, checkpoint = find_run(two_stage[1] if two_stage else run)
    sampling = _sampling(found.config, solver, steps, top_k=top_k, top_p=top_p)
    conditions = _conditions(
        found.config, from_audio, from_video, guidance, scale, per_condition=per_condition, split=split, seed=seed
    )
    if ranks.first:
        errors.print(f"{found.path}: {samples} samples by {_told(sampling)}, seed {seed}", highlight=False)
    with progress_bars() as progress:
        sampled = sample_run(
            found,
            samples,
            checkpoint=checkpoint,
            sampling=sampling,
            seed=seed,
            conditions=conditions,
            first_stage=find_run(two_stage[0]) if two_stage else None,
            upsampler=find_run(upscale) if upscale else None,
            as_published=as_published,
            out=out,
            batch_size=batch_size,
            device=device,
            progress=progress,
        )
    if ranks.first:
        print(*filter(None, (sampled.base, sampled.upscaled)), sep="\n")


def _sampling(
    config: "RunConfig", solver: Solver | None, steps: int | None, *, top_k: int | None, top_p: float | None
) -> "SamplingConfig":
    from models.config import SamplingConfig
    from models.diffusion.solvers import DEFAULT_STEPS

    own = config.sampling
    if solver is None or solver.value == own.solver:
        return replace(own, steps=steps or own.steps, top_k=top_k or own.top_k, top_p=top_p or own.top_p)
    steps = steps or DEFAULT_STEPS.get(solver.value, own.steps)
    return SamplingConfig(solver=solver.value, steps=steps, top_k=top_k, top_p=top_p)


def _told(sampling: "SamplingConfig") -> str:
    return sampling.solver if sampling.chooses_steps else f"{sampling.solver} in {sampling.steps} steps"


def _conditions(
    config: "RunConfig",
    from_audio: Path | None,
    from_video: Path | None,
    guidance: Guidance,
    scale: float | None,
    *,
    per_condition: int,
    split: str,
    seed: int,
) -> "Conditions | None":
    from models.model import Modality
    from models.sampling.conditions import Conditions

    if from_audio and from_video:
        raise UsageError("--from-audio and --from-video exclude each other; nothing would be left to make")
    if not from_audio and not from_video:
        if guidance != Guidance.replacement or scale is not None or per_condition > 1 or split:
            raise UsageError("--guidance, --scale, --per-condition and --split need --from-audio or --from-video")
        return None
    if (guidance == Guidance.gradient) != (scale is not None):
        raise UsageError("--guidance gradient and --scale belong together; there is no scale that suits all networks")
    path = from_audio or from_video
    assert path is not None
    modality: Modality = "audio" if from_audio else "video"
    return Conditions(
        path,
        modality,
        config.spec,
        split=split or config.split,
        seed=seed,
        guidance=guidance.value,
        scale=scale or 0.0,
        per_condition=per_condition,
    )
