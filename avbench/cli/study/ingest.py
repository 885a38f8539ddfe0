"""`avbench study ingest`: from files of answers to valid votes."""

from pathlib import Path
from typing import Annotated

import typer

from avbench.cli.console import errors, output


def ingest(
    study: Annotated[Path, typer.Argument(help="The study's folder.", show_default=False)],
    results: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files of answers: Mechanical Turk, Prolific, Toloka, Label Studio, our own page, tidy CSV. "
            "What the study's own server wrote is read in any case.",
            show_default=False,
        ),
    ] = None,
    published: Annotated[
        Path | None,
        typer.Option(help="Table of published HITs (HITId, page_id), for results without Input columns."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse any defect instead of listing it.")] = False,
) -> None:
    """Take answers into a study: what is valid becomes a vote, and what is not is listed with its reason."""
    from reports.study.ingest.ingest import ingest as ingested
    from reports.study.ingest.show import ingest_tables

    done = ingested(study, results or [], published=published, strict=strict)
    for path, name in done.added:
        errors.print(f"{path}: kept as {name}", highlight=False, soft_wrap=True)
    for path in done.known:
        errors.print(f"{path}: known already, nothing new in it", highlight=False, soft_wrap=True)
    for table in ingest_tables(done):
        output.print(table)
    errors.print(f"votes and defects: {done.folder}", highlight=False, soft_wrap=True)
