"""`avbench ablate`: one thing varied, the rest held."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avbench.cli.reproduce import ScaleName

if TYPE_CHECKING:  # models import torch, which takes seconds
    from avbench.cli.workflows.ablate.study import Network
    from avbench.cli.workflows.reproduce.plan import Planner
    from avbench.clip import ClipSpec

app = typer.Typer(help="Ablations: windows, random shift, guidance, solvers.", no_args_is_help=True)

Data = Annotated[Path | None, typer.Option(help="A clip set. Default: the prepared data set.")]
Preset = Annotated[ScaleName, typer.Option(help="As for `avbench reproduce`: how large everything is.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the commands and their GPU-hours.")]
Device = Annotated[str, typer.Option(help="Of sampling and evaluation: auto, cpu, cuda or cuda:N.")]
RunName = Annotated[
    str, typer.Option("--run", help="A run of yours, or a checkpoint of one. Default: train as Table 1 does.")
]


@app.command("windows")
def windows(
    data: Data = None,
    preset: Preset = ScaleName.paper,
    shift: Annotated[
        bool, typer.Option("--random-shift/--no-random-shift", help="Train with shifted windows; the paper did not.")
    ] = False,
    dry_run: DryRun = False,
    device: Device = "auto",
) -> None:
    """Windows of the cross-attention, each a training of 80 % of the steps (Table 3)."""
    from avbench.cli.workflows.ablate.run import run_study
    from avbench.cli.workflows.ablate.study import windows_study

    planner = _planner(data, preset, device)
    run_study(windows_study(planner, shift=shift), planner, dry_run=dry_run)


@app.command("random-shift")
def random_shift(
    data: Data = None, preset: Preset = ScaleName.paper, dry_run: DryRun = False, device: Device = "auto"
) -> None:
    """With and without random shift, each one training, sampled after 60, 80 and 100 % of its steps (Table 4)."""
    from avbench.cli.workflows.ablate.run import run_study
    from avbench.cli.workflows.ablate.study import random_shift_study

    planner = _planner(data, preset, device)
    run_study(random_shift_study(planner), planner, dry_run=dry_run)


@app.command("guidance")
def guidance(
    data: Data = None,
    preset: Preset = ScaleName.paper,
    run: RunName = "",
    scales: Annotated[
        str, typer.Option(help="Strengths of the gradient parted by commas, 0 for replacement. Default: the preset's.")
    ] = "",
    dry_run: DryRun = False,
    device: Device = "auto",
) -> None:
    """Replacement against gradient guidance over its strength, pictures to given sound and sound to given pictures."""
    from avbench.cli.workflows.ablate.run import run_study
    from avbench.cli.workflows.ablate.study import guidance_study, parsed_numbers

    strengths = list(parsed_numbers("--scales", scales))
    planner, network = _with_network(data, preset, device, run)
    run_study(guidance_study(planner, network, strengths), planner, dry_run=dry_run)


@app.command("solver")
def solver(
    data: Data = None,
    preset: Preset = ScaleName.paper,
    run: RunName = "",
    solvers: Annotated[
        str, typer.Option(help="Names parted by commas. Default: all that take a number of steps.")
    ] = "",
    evaluations: Annotated[
        str, typer.Option(help="Evaluations of the network parted by commas. Default: the preset's.")
    ] = "",
    dry_run: DryRun = False,
    device: Device = "auto",
) -> None:
    """Quality against evaluations of the network (NFE), for each solver."""
    from avbench.cli.workflows.ablate.run import run_study
    from avbench.cli.workflows.ablate.study import SOLVERS, parsed_numbers, solver_study

    counts = [int(number) for number in parsed_numbers("--evaluations", evaluations)]
    names = [name.strip() for name in solvers.split(",") if name.strip()] or SOLVERS
    planner, network = _with_network(data, preset, device, run)
    run_study(solver_study(planner, network, names, counts), planner, dry_run=dry_run)


def _planner(data: Path | None, preset: ScaleName, device: str, spec: "ClipSpec | None" = None) -> "Planner":
    from avbench.cli.workflows.reproduce.plan import Planner
    from avbench.cli.workflows.reproduce.scale import SCALES
    from avbench.defaults import only_data_set
    from avbench.plugins import load_plugins

    load_plugins()
    chosen = data or only_data_set("--data", with_clips=True)
    return Planner(chosen, (), SCALES[preset.value], device=device, spec=spec)


def _with_network(data: Path | None, preset: ScaleName, device: str, run: str) -> "tuple[Planner, Network]":
    """The network that is sampled: the user's run, on the data that it was trained on, or one that is trained first."""
    from avbench.cli.workflows.ablate.study import Network

    if not run:
        planner = _planner(data, preset, device)
        return planner, Network.trained(planner)
    network = Network.of(run)
    config = network.config
    assert config is not None, "a run has settings"
    return _planner(data or config.data, preset, device, config.spec), network
