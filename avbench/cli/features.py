"""`avbench features`: reference features as one file."""

from pathlib import Path
from typing import Annotated

import typer

from avbench.cli.console import output, progress_bars

app = typer.Typer(
    help="Reference features as one file, so that others evaluate without the videos.", no_args_is_help=True
)


@app.command("export")
def export_(
    file: Annotated[Path, typer.Argument(help="File to write, *.npz.")],
    reference: Annotated[Path | None, typer.Option(help="Real clips. Default: the prepared data set.")] = None,
    samples: Annotated[
        int | None, typer.Option(help="Windows per set and run. Default: the protocol's, 2048.", min=2)
    ] = None,
    runs: Annotated[int, typer.Option(help="Runs whose draws the file can serve.", min=1)] = 6,
    protocol: Annotated[str, typer.Option(help="published, avbench or avbench@256.")] = "published",
    features: Annotated[str, typer.Option(help="published, embedded, or extractors by name.")] = "published",
    seed: Annotated[int, typer.Option(help="Seed of all draws.")] = 0,
    weights: Annotated[list[str] | None, typer.Option(help="A file in place of registered weights, NAME=FILE.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Never fetch weights.")] = False,
) -> None:
    """Write the features that an evaluation with these settings takes from the reference."""
    from avbench.bundle import export_features
    from avbench.cli.pairs import named_files
    from avbench.config import EvaluateConfig
    from avbench.defaults import only_data_set
    from avbench.plugins import load_plugins
    from avbench.protocol import get_protocol

    load_plugins()
    reference = reference or only_data_set()
    config = EvaluateConfig(
        reference=reference,
        generated=reference,
        protocol=get_protocol(protocol).with_samples(samples),
        features=features,
        runs=runs,
        seed=seed,
        weights=named_files("--weights", weights or []),
        offline=offline,
    )
    with progress_bars() as progress:
        settings = export_features(config, file, progress)
    output.print(f"{file}: features of {reference}, {_told(settings)}", highlight=False)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="File that `avbench features export` wrote.")],
    name: Annotated[str, typer.Option(help="Name of the data set. Default: the file's stem.")] = "",
) -> None:
    """Make a file of exported features a data set to evaluate against."""
    from avbench.bundle import import_features

    folder = Path("data") / (name or file.stem)
    settings = import_features(file, folder)
    output.print(f"{folder}: {_told(settings)}", highlight=False)


def _told(settings: dict[str, object]) -> str:
    names = ("protocol", "samples", "runs", "seed", "features")
    return "for avbench eval " + " ".join(f"--{name} {settings[name]}" for name in names)
