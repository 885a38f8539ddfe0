"""`avbench report`: what was evaluated so far, as tables, figures and a page."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from avbench.cli.console import errors, progress_bars

Results = Annotated[Path, typer.Option(help="Folder of results folders.")]
Studies = Annotated[Path, typer.Option(help="Folder of studies.")]
Data = Annotated[Path, typer.Option(help="Folder of data sets.")]
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


class ClaimsFormat(StrEnum):
    csv = "csv"
    md = "md"


@app.callback()
def report(
    context: typer.Context,
    results: Results = Path("results"),
    studies: Studies = Path("studies"),
    data: Data = Path("data"),
    clips: Annotated[int, typer.Option(help="Clips of each kind on the page, of each evaluation.", min=0)] = 6,
    protocol: ProtocolName = "",
    features: Features = "",
    dataset: Dataset = "",
    with_literature: WithLiterature = False,
    allow_smoke: AllowSmoke = False,
    out: Annotated[Path | None, typer.Option(help="Folder of the report. Default: report in that of results.")] = None,
) -> None:
    """Everything that was evaluated, in results/report: tables as CSV, Markdown and LaTeX, and one HTML page.

    The page needs nothing but itself: it can be sent, and opened without a network.
    """
    if context.invoked_subcommand is not None:
        return
    from avbench.cli.workflows.report import Choice, whole_report

    choice = Choice(protocol=protocol, features=features, dataset=dataset, allow_smoke=allow_smoke)
    with progress_bars() as progress:
        written = whole_report(
            results,
            studies,
            data,
            out or results / "report",
            choice,
            clips=clips,
            with_literature=with_literature,
            progress=progress,
        )
    _warn(written.warnings)
    print(written.text)


@app.command()
def figures(
    clipsets: Annotated[list[Path], typer.Argument(help="Clip sets or folders of videos.")],
    conditions: Annotated[
        Path | None, typer.Option(help="What clips were made to fit. Default: the set of that name in data/.")
    ] = None,
    clips: Annotated[int, typer.Option(help="Clips of each class, or conditions.", min=1)] = 4,
    frames: Annotated[int, typer.Option(help="Frames of each clip.", min=1)] = 8,
    out: Annotated[Path, typer.Option(help="Folder of the figures.")] = Path("results/report/figures"),
) -> None:
    """Draw sheets as in the paper: frames and spectrogram of clips by class; beneath given ones all that fit them."""
    from avbench.cli.workflows.report import draw_figures

    with progress_bars() as progress:
        drawn = draw_figures(clipsets, out, conditions=conditions, clips=clips, frames=frames, progress=progress)
    print(*drawn, sep="\n")


@app.command()
def claims(
    results: Results = Path("results"),
    studies: Studies = Path("studies"),
    data: Data = Path("data"),
    format: Annotated[ClaimsFormat, typer.Option(help="Of what is printed.")] = ClaimsFormat.md,
    protocol: ProtocolName = "",
    features: Features = "",
) -> None:
    """Print the numbers in the paper's sentences, beside what its tables give and beside ours."""
    from avbench.cli.workflows.report import Choice, all_claims
    from reports.claims import claims_to_csv, claims_to_markdown

    found = all_claims(results, studies, data, Choice(protocol=protocol, features=features))
    print((claims_to_csv if format is ClaimsFormat.csv else claims_to_markdown)(found), end="")


def _warn(warnings: Sequence[str]) -> None:
    for warning in warnings:
        errors.print(f"warning: {warning}", markup=False, highlight=False, soft_wrap=True)


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
        _warn(written.warnings)
        print(written.text, end="")

    table.__doc__ = f"Print table {number} of the paper with our numbers beside the published ones."
    return table


for _number in range(1, 7):
    app.command(f"table{_number}")(_table_command(_number))
