"""`avbench import`: a published checkpoint becomes a run."""

from pathlib import Path
from typing import Annotated

import typer

from avbench.cli.console import errors
from avbench.cli.pairs import named_values

_FAMILY = "mm-diffusion-"  # what the registry's names of these checkpoints begin with


def import_(
    checkpoint: Annotated[
        str, typer.Argument(help="A file, or landscape, aist, landscape-sr, aist-sr: see `avbench weights list`.")
    ],
    model: Annotated[
        str,
        typer.Option(
            "--as", help="mm-diffusion, video-only, audio-only, super-resolution, diffwave, digan or one of tats's."
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(help="What it was trained on. Default: data/landscape or data/aist by the file's name."),
    ] = None,
    preset: Annotated[str, typer.Option(help="Settings of the network and its training, by name.")] = "released",
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="A setting in which the network differs, NAME=VALUE: network.channels=256; repeatable."
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="The run's name. Default: MODEL-DATA-PRESET-NUMBER.")] = "",
    plugin: Annotated[list[Path] | None, typer.Option(help="A Python file that registers models; repeatable.")] = None,
) -> None:
    """Make a run of a published checkpoint: of MM-Diffusion's own files, its training code's, or a baseline's."""
    from avbench.plugins import load_plugins
    from models.importing import import_checkpoint
    from models.registry import MODELS

    load_plugins(plugin or [])
    file = _file(checkpoint)
    run = import_checkpoint(
        file,
        model,
        data=data or _trained_on(file),
        preset=preset,
        changes=named_values("--set", set_ or []),
        name=name,
    )
    errors.print(f"go on with `avbench {MODELS[run.config.model].use(run.name)}`", highlight=False)
    print(run.path)


def _file(checkpoint: str) -> Path:
    """The file itself, or that of registered weights, from the cache."""
    from avbench import weights
    from avbench.errors import UsageError

    if Path(checkpoint).is_file():
        return Path(checkpoint)
    known = [name for name in weights.names() if weights.get(name).used_for == "import"]
    for name in (checkpoint, _FAMILY + checkpoint):
        if name in known:
            return weights.resolve(name, announce=lambda text: errors.print(text, markup=False, soft_wrap=True)).path
    raise UsageError(f"{checkpoint}: there is no such file, and no such registered weights; known: {', '.join(known)}")


def _trained_on(file: Path) -> Path:
    """The data set that a released file's name tells, else the prepared one."""
    from avbench.defaults import only_data_set

    for beginning, data in (("landscape", "landscape"), ("aist", "aist")):
        if file.name.lower().startswith(beginning):
            return Path("data") / data
    return only_data_set("--data")
