"""`avbench study report`: Tables 5 and 6 from valid votes."""

from pathlib import Path
from typing import Annotated

import typer

from avbench.cli.console import errors, output
from avbench.errors import UsageError


def report(
    studies: Annotated[list[Path], typer.Argument(help="The studies' folders.", show_default=False)],
    results: Annotated[
        Path | None,
        typer.Option("--with", help="A folder of results: correlates their metrics with what people said."),
    ] = None,
    called: Annotated[
        list[str] | None,
        typer.Option(metavar="METHOD=RESULT", help="What results call a method of the study; may be repeated."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the report of several studies together. Default: report/ beside the first."),
    ] = None,
    ground_truth: Annotated[
        str | None, typer.Option(help="The method of real clips. Default: real, gt or ground-truth.")
    ] = None,
    focus: Annotated[
        str | None, typer.Option(help="Compare this method with each other one. Default: ours; else all with all.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.", min=0)] = 0,
    draws: Annotated[int, typer.Option(help="Of the bootstrap; 0 for none.", min=0)] = 2000,
) -> None:
    """Make Tables 5 and 6 of a study's votes, with intervals, tests, agreement and screening."""
    from reports.study.report.report import report as reported
    from reports.study.report.show import report_tables

    names = {}
    for pair in called or []:
        method, equals, result = pair.partition("=")
        if not (method and equals and result):
            raise UsageError(f'--called "{pair}": give the study\'s name and that of the results, as in ours=my-run')
        names[method] = result
    done = reported(
        studies,
        results=results,
        called=names,
        out=out,
        ground_truth=ground_truth,
        focus=focus,
        seed=seed,
        draws=draws,
    )
    for table in report_tables(done.sheets):
        output.print(table)
    errors.print(f"report: {done.folder}", highlight=False, soft_wrap=True)
