"""`avbench reproduce`: the paper's tables, from nothing."""

from enum import StrEnum
from typing import Annotated

import typer

from avbench.errors import UsageError


class Table(StrEnum):
    table1 = "table1"
    table2 = "table2"
    table3 = "table3"
    table4 = "table4"
    table5 = "table5"
    table6 = "table6"


class Dataset(StrEnum):
    landscape = "landscape"
    aist = "aist"
    synthetic = "synthetic"


class ScaleName(StrEnum):
    paper = "paper"
    tiny = "tiny"
    smoke = "smoke"


def reproduce(
    table: Annotated[Table, typer.Argument(help="Which of the paper's tables.", show_default=False)],
    dataset: Annotated[
        Dataset | None, typer.Option(help="Default: the table's own; landscape where it names none.")
    ] = None,
    rows: Annotated[str, typer.Option(help="Numbers of rows parted by commas. Default: all.")] = "",
    preset: Annotated[
        ScaleName,
        typer.Option(help="paper: as in the paper. tiny: on a CPU, in hours. smoke: numbers without meaning."),
    ] = ScaleName.paper,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the commands and their GPU-hours.")] = False,
    device: Annotated[str, typer.Option(help="Of sampling and evaluation: auto, cpu, cuda or cuda:N.")] = "auto",
) -> None:
    """Make a table of the paper: prepare, train, sample and evaluate each row, then report.

    Killed at any moment, the same command goes on where it was. Several GPUs: print the commands with --dry-run and
    put `torchrun --nproc-per-node N --no-python` before those that train, sample and evaluate.
    """
    from avbench.cli.workflows.reproduce.run import reproduce_table
    from avbench.cli.workflows.reproduce.scale import SCALES
    from avbench.plugins import load_plugins

    load_plugins()
    reproduce_table(
        int(table.value.removeprefix("table")),
        SCALES[preset.value],
        dataset=dataset.value if dataset else "",
        rows=row_numbers(rows),
        dry_run=dry_run,
        device=device,
    )


def row_numbers(text: str) -> list[int]:
    """
    Raises:
        UsageError: one is no number.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if wrong := [part for part in parts if not part.isdigit()]:
        raise UsageError(f'--rows takes numbers parted by commas, not "{wrong[0]}"')
    return [int(part) for part in parts]
