"""`avbench prepare status`: how far a data set has come."""

import json
from pathlib import Path
from typing import Annotated

import typer

from avbench.cli.prepare.options import AsJson
from avbench.cli.prepare.show import show_status


def status(
    path: Annotated[Path, typer.Argument(help="The folder of a data set from the web, finished or not.")],
    as_json: AsJson = False,
) -> None:
    """Tell what is done, what failed and why, what is left, and how much of the paper's data has survived."""
    from pipelines.web.status import read_status

    found = read_status(path)
    if as_json:
        print(json.dumps(found.as_dict(), indent=2))
    else:
        show_status(found)
