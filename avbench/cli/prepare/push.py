"""`avbench prepare push`: a clip set to object storage."""

from pathlib import Path
from typing import Annotated

import typer

from avbench.cli.console import output, progress_bars


def push(
    path: Annotated[Path, typer.Argument(help="The folder of a finished clip set.")],
    url: Annotated[str, typer.Argument(help="Where it goes: s3://BUCKET/NAME, or any other place fsspec reaches.")],
) -> None:
    """Put a clip set into object storage: every object whole, clipset.json last. Interrupted, it goes on."""
    from pipelines.push import push as push_set

    with progress_bars() as progress:
        pushed = push_set(path, url, progress=progress)
    output.print(
        f"{pushed.url}: {pushed.put} of {pushed.objects} objects were put, {pushed.bytes:,} bytes", soft_wrap=True
    )
