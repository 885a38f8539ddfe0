"""The studies: which points each one has, and the commands that make them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from avbench.cli.workflows.reproduce.plan import MARK, Planned, Planner
from avbench.cli.workflows.reproduce.rows import COUPLED, random_shift, windows
from avbench.cli.workflows.reproduce.scale import Sampler
from avbench.cli.workflows.steps import Step
from avbench.errors import UsageError

if TYPE_CHECKING:  # models import torch, which takes seconds
    from models.config import RunConfig

SOLVERS = ("dpm", "dpm++", "sde-dpm++", "ddim", "ddpm")
Axis = Literal["windows", "step", "scale", "nfe"]

# Of the given modality: the option that gives it, and the metrics of the other one and of how both fit.
_DIRECTIONS = {"a2v": ("--from-audio", "fvd,kvd,av_align"), "v2a": ("--from-video", "fad,av_align")}
_GRADIENT_PASSES = 3  # forward, and backward at twice its cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One setting of what is varied."""

    arm: str  # the curve that it is on
    x: float | None  # its place on the axis
    planned: Planned


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Points of one ablation."""

    name: str
    axis: Axis
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What is sampled: a checkpoint, and the commands that make it where it is not a user's own run."""

    checkpoint: Path
    run: Path
    config: "RunConfig | None"
    steps: tuple[Step, ...] = ()

    @classmethod
    def trained(cls, planner: Planner) -> "Network":
        """The coupled net that the reproduction of Table 1 trains."""
        return cls(
            checkpoint=planner.checkpoint(COUPLED),
            run=planner.run(COUPLED),
            config=planner.config(COUPLED),
            steps=tuple(planner.trainings(COUPLED)),
        )

    @classmethod
    def of(cls, named: str) -> "Network":
        """A user's run, by its newest checkpoint or by the one that is named.

        Raises:
            UsageError: there is no such run, or it has no checkpoint.
        """
        from models.run import find_run

        run, checkpoint = find_run(named)
        if checkpoint is None and not run.checkpoints():
            raise UsageError(f"{run.path} has no checkpoint yet; train it with `avbench train --resume {run.name}`")
        return cls(checkpoint=checkpoint or run.checkpoints()[-1], run=run.path, config=run.config)


def windows_study(planner: Planner, *, shift: bool) -> Study:
    """Table 3: windows of the cross-attention; with shift, a table that the paper does not have."""
    rows = windows(shift=shift)
    points = [Point(arm=row.method, x=None, planned=planner.row(row)) for row in rows]
    return Study(name="windows", axis="windows", points=tuple(points))


def random_shift_study(planner: Planner) -> Study:
    """Table 4: with and without shift, over the steps of training."""
    points = []
    for row in random_shift():
        assert row.training is not None
        step = float(planner.steps(row.training, row.at))
        points.append(Point(arm=row.method.rpartition("-")[0], x=step, planned=planner.row(row)))
    return Study(name="random-shift", axis="step", points=tuple(points))


def guidance_study(planner: Planner, network: Network, strengths: Sequence[float] = ()) -> Study:
    """Replacement (strength 0) against gradient guidance over its strength, in both directions.

    The generated modality is compared with real clips, and both are judged together by AV-Align.
    """
    points = []
    for direction, (option, metrics) in _DIRECTIONS.items():
        for strength in strengths or planner.scale.strengths:
            guided = ("--guidance", "gradient", "--scale", f"{strength:g}") if strength else ("--guidance", "replace")
            planned = _planned(
                planner,
                network,
                f"guidance-{direction}-{strength:g}",
                planner.scale.guided,
                {"study": "guidance", "arm": direction, "axis": "scale", "x": strength},
                options=(option, str(planner.data), *guided),
                metrics=metrics,
                passes=_GRADIENT_PASSES if strength else 1,
            )
            points.append(Point(arm=direction, x=strength, planned=planned))
    return Study(name="guidance", axis="scale", points=tuple(points))


def solver_study(
    planner: Planner, network: Network, solvers: Sequence[str] = SOLVERS, evaluations: Sequence[int] = ()
) -> Study:
    """Quality against evaluations of the network (NFE), for each solver.

    Raises:
        UsageError: there is no such solver.
    """
    if unknown := sorted(set(solvers) - set(SOLVERS)):
        raise UsageError(f'no solver with a number of steps is called "{unknown[0]}"; known: {", ".join(SOLVERS)}')
    points = []
    for solver in solvers:
        for steps in evaluations or planner.scale.evaluations:
            content = {"study": "solver", "arm": solver, "axis": "nfe", "x": steps}
            sampler = Sampler(solver=solver, steps=steps)
            planned = _planned(planner, network, f"solver-{solver}-{steps}", sampler, content)
            points.append(Point(arm=solver, x=float(steps), planned=planned))
    return Study(name="solver", axis="nfe", points=tuple(points))


def _planned(
    planner: Planner,
    network: Network,
    name: str,
    sampler: Sampler,
    content: dict[str, Any],
    *,
    options: Sequence[str] = (),
    metrics: str = "",
    passes: int = 1,
) -> Planned:
    """A point that samples the network in its own way."""
    out = network.run / "samples" / f"{name}-{sampler.solver}{sampler.steps}-{planner.scale.samples}"
    results = Path("results") / f"ablate-{name}-{network.run.name}"
    told = {**content, "run": network.run.name, "preset": planner.scale.name, "smoke": planner.scale.smoke}
    sampling = planner.sampling((str(network.checkpoint),), network.config, sampler, out, options, passes=passes)
    evaluation = planner.evaluation(out, name, results, MARK, told, runs=1, metrics=metrics)
    return Planned(
        title=name,
        method=name,
        results=results,
        steps=(*planner.data_steps(), *network.steps, sampling, evaluation),
        missing=() if network.config else (COUPLED.model,),
    )


def parsed_numbers(option: str, text: str) -> Iterator[float]:
    """
    Raises:
        UsageError: one is no number, or negative.
    """
    for part in filter(None, map(str.strip, text.split(","))):
        try:
            number = float(Fraction(part))
        except (ValueError, ZeroDivisionError):
            raise UsageError(f'{option} takes numbers parted by commas, not "{part}"') from None
        if number < 0:
            raise UsageError(f"{option}: {part} is negative")
        yield number
