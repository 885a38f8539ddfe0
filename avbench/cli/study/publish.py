"""`avbench study publish`: a finished study's data for everybody."""

from pathlib import Path
from typing import Annotated

import typer

from avbench.cli.console import errors, output


def publish(
    study: Annotated[Path, typer.Argument(help="The study's folder.", show_default=False)],
    out: Annotated[Path, typer.Option(help="An empty folder, outside the study.", show_default=False)],
) -> None:
    """Copy design, key and votes by pseudonym; no platform's ids, comments or secret. Unblinds: do it at the end."""
    from reports.study.publish import publish as published

    votes = published(study, out)
    output.print(f"{votes:,} votes, design and key: {out}", highlight=False, soft_wrap=True)
    errors.print("the key tells the methods: whoever rates from now on is not blind")
