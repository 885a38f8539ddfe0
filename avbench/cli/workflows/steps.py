"""Steps of a workflow: avbench commands in order, each skipped where what it makes is there already.

A step is run exactly as it is printed, so that a dry run shows what will happen and can be pasted into a shell. Every
command goes on by itself where it was killed, and so does the workflow.
"""

import contextlib
import json
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from avbench.cli.console import errors
from avbench.clipset.layout import MANIFEST
from avbench.workspace import atomic_write

_INTERRUPTED = 130  # what Typer returns after Ctrl-C


@dataclass(frozen=True, slots=True)
class Mark:
    """A file in a results folder that tells what the results were made for.

    It is there before the first result is, so that one made by a short training never passes for a real one, and says
    that it is complete only when the last one is.
    """

    file: Path
    content: Mapping[str, Any]

    def begin(self) -> None:
        self._write(complete=False)

    def finish(self) -> None:
        self._write(complete=True)

    def is_complete(self) -> bool:
        """Whether the file tells of just these results, all of them."""
        with contextlib.suppress(OSError, ValueError):
            return bool(json.loads(self.file.read_text()) == {**self.content, "complete": True})
        return False

    def _write(self, *, complete: bool) -> None:
        atomic_write(self.file, json.dumps({**self.content, "complete": complete}, indent=1) + "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command."""

    arguments: tuple[str, ...]  # of `avbench`
    done: Callable[[], bool]
    operations: Callable[[], float | None] = lambda: 0.0  # floating-point ones; None: nobody has counted them
    mark: Mark | None = None  # of the results that it writes

    @property
    def command(self) -> str:
        """As it is typed in a shell."""
        return shlex.join(("avbench", *self.arguments))


def run_steps(steps: Iterable[Step]) -> None:
    """Runs a chain of steps. From the first one that is not done on, all are run: they build upon each other.

    Raises:
        AvbenchError: what a command raises; the same chain goes on from it.
    """
    going = False
    for step in steps:
        going = going or not step.done()
        told = "$" if going else "done before:"
        errors.print(f"{told} {step.command}", highlight=False, markup=False, soft_wrap=True)
        if not going:
            continue
        if step.mark:
            step.mark.begin()
        with contextlib.redirect_stdout(sys.stderr):
            call(step.arguments)
        if step.mark:
            step.mark.finish()


def call(arguments: Iterable[str]) -> None:
    """Runs an avbench command in this process, as if it had been typed.

    Raises:
        AvbenchError: the command's own.
        KeyboardInterrupt: somebody interrupted it.
    """
    from avbench.cli.main import app

    try:
        code = typer.main.get_command(app).main(args=list(arguments), prog_name="avbench", standalone_mode=False)
    except typer.Abort as aborted:  # what older versions of Typer make of Ctrl-C
        raise KeyboardInterrupt from aborted
    if code == _INTERRUPTED:
        raise KeyboardInterrupt
    if code:
        raise typer.Exit(code)


def has_clips(folder: Path, count: int = 1) -> Callable[[], bool]:
    """Whether `folder` is a finished clip set of at least `count` clips."""

    def check() -> bool:
        try:
            manifest = json.loads((folder / MANIFEST).read_bytes())
        except (OSError, ValueError):
            return False
        clips = manifest.get("clips", 0)  # those of a folder stand there one by one
        return (len(clips) if isinstance(clips, list) else clips) >= count

    return check
