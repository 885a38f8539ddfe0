"""The `avbench` command: mounts the commands and turns errors into one message and an exit code."""

import logging
import sys
from typing import Annotated

import typer
from rich.logging import RichHandler

from avbench import __version__
from avbench.cli import (
    ablate,
    compare,
    doctor,
    evaluate,
    explain,
    features,
    import_checkpoint,
    inspect,
    ls,
    prepare,
    report,
    reproduce,
    sample,
    sanity,
    study,
    train,
    upscale,
    verify,
    weights,
)
from avbench.cli.console import errors
from avbench.cli.workflows import demo
from avbench.errors import AvbenchError, MachineError

_INTERRUPTED = 130  # Typer's exit code for Ctrl-C

app = typer.Typer(
    name="avbench",
    help="The benchmark toolkit for joint audio-video generation.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"avbench {__version__}")
        raise typer.Exit


@app.callback()
def main(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what is done to standard error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(message)s", handlers=[RichHandler(console=errors, show_path=False)])


app.add_typer(prepare.app, name="prepare")
app.command("inspect")(inspect.inspect)
app.command("train")(train.train)
app.command("import")(import_checkpoint.import_)
app.command("sample")(sample.sample)
app.command("upscale")(upscale.upscale)
app.command("eval")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("explain")(explain.explain)
app.command("sanity")(sanity.sanity)
app.add_typer(report.app, name="report")
app.add_typer(weights.app, name="weights")
app.add_typer(features.app, name="features")
app.add_typer(study.app, name="study")
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
app.command("reproduce")(reproduce.reproduce)
app.command("verify")(verify.verify)
app.add_typer(ls.app, name="ls")
app.add_typer(ablate.app, name="ablate")


def run() -> None:
    """Runs the command line; the exit codes are those of `avbench.errors`, and 130 when interrupted."""
    try:
        app()
    except AvbenchError as error:
        _fail(error)
    except MemoryError:
        _fail(MachineError("out of memory: use fewer --workers or a smaller --batch-size"))
    except SystemExit as ended:
        if ended.code == _INTERRUPTED:
            errors.print("interrupted; what is done is kept, and the same command goes on from it")
        raise


def _fail(error: AvbenchError) -> None:
    errors.print(f"{type(error).__name__.removesuffix('Error').lower()} error: ", style="bold red", end="")
    errors.print(str(error), markup=False, highlight=False, soft_wrap=True)
    sys.exit(error.exit_code)
