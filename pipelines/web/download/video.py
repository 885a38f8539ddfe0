"""One attempt at one video, wherever it lies: what a worker process does. The file appears whole or not at all."""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avbench.workspace import lock, machine_errors, sha256_file
from pipelines.web.download.classify import RefusedError
from pipelines.web.download.http import fetch_file
from pipelines.web.download.pace import Limits
from pipelines.web.download.youtube import PageOptions, fetch_page
from pipelines.web.item import Via

_UNFINISHED = ".tmp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """A video that items are cut from."""

    name: str  # letters, digits, _ and -
    url: str
    via: Via


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """A video that lies on the disk."""

    file: Path
    bytes: int
    sha256: str
    seconds: float  # that the attempt took
    facts: Mapping[str, Any] = field(default_factory=dict)  # what its page says of it


def download(video: Video, folder: Path, limits: Limits, page: PageOptions) -> Downloaded | RefusedError:
    """Bring `video` into `folder`, as <name>.<suffix of its kind>. What a broken attempt brought is kept for the next.

    Raises:
        MachineError: the disk is full, the folder cannot be written, or another process is at the same video.
    """
    begin = time.monotonic()
    unfinished = folder / f"{video.name}{_UNFINISHED}"
    facts: Mapping[str, Any] = {}
    with lock(unfinished), machine_errors(unfinished):
        file = find_file(video.name, folder)
        if file is None:
            try:
                if video.via == "http":
                    brought = fetch_file(video.url, unfinished, limits)
                else:
                    brought, facts = fetch_page(video.url, unfinished, limits, page)
            except RefusedError as refused:
                return refused
            file = brought.replace(folder / f"{video.name}{brought.suffix}")
        shutil.rmtree(unfinished)
    return Downloaded(
        file=file,
        bytes=file.stat().st_size,
        sha256=sha256_file(file),
        seconds=time.monotonic() - begin,
        facts=facts,
    )


def find_file(name: str, folder: Path) -> Path | None:
    """The finished download of the video `name`, if `folder` has it."""
    return next((path for path in folder.glob(f"{name}.*") if path.suffix != _UNFINISHED), None)
