"""`avbench report`: what was evaluated so far, as tables, figures and a page."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from avbench.cli.console import errors

Results = Annotated[Path, typer.Option(help="Folder of results folders.")]
Studies = Annotated[Path, typer.Option(help="Folder of studies.")]
ProtocolName = Annotated[str, typer.Option("--protocol", help="Only this protocol: its name, or its hash.")]
Features = Annotated[str, typer.Option(help="Only these features: published, embedded, or extractors by name.")]
Dataset = Annotated[str, typer.Option(help="Only this data set.")]
WithLiterature = Annotated[bool, typer.Option("--with-literature", help="Also what later papers print.")]
AllowSmoke = Annotated[bool, typer.Option("--allow-smoke", help="Also smoke runs, whose numbers mean nothing.")]

app = typer.Typer(help="What was evaluated so far, as tables, figures and a page.", invoke_without_command=True)


class Format(StrEnum):
    csv = "csv"
    md = "md"
    latex = "latex"


def _table_command(number: int) -> Callable[..., None]:
    def table(
        results: Results = Path("results"),
        studies: Studies = Path("studies"),
        format: Annotated[Format, typer.Option(help="Of what is printed.")] = Format.md,
        protocol: ProtocolName = "",
        features: Features = "",
        dataset: Dataset = "",
        also: Annotated[
            list[str] | None, typer.Option(help="A method of your own, as a row at the end; repeatable.")
        ] = None,
        with_literature: WithLiterature = False,
        allow_smoke: AllowSmoke = False,
    ) -> None:
        from avbench.cli.workflows.report import Choice, paper_table

        choice = Choice(protocol=protocol, features=features, dataset=dataset, allow_smoke=allow_smoke)
        written = paper_table(
            number, results, studies, choice, also=also or [], with_literature=with_literature, format=format.value
        )
        for warning in written.warnings:
            errors.print(f"warning: {warning}", markup=False, highlight=False, soft_wrap=True)
        print(written.text, end="")

    table.__doc__ = f"Print table {number} of the paper with our numbers beside the published ones."
    return table


for _number in range(1, 7):
    app.command(f"table{_number}")(_table_command(_number))
