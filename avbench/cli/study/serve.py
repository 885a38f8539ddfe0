"""`avbench study serve`: the study's page on a server of its own, for a lab."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avbench.cli.console import errors, output

if TYPE_CHECKING:
    from reports.study.server import Bound


def serve(
    study: Annotated[Path, typer.Argument(help="The study's folder.", show_default=False)],
    host: Annotated[
        str, typer.Option(help="Address to listen at; 0.0.0.0 lets other machines of the network in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8765,
    name: Annotated[
        list[str] | None,
        typer.Option(
            help="A name that raters reach the server by, where that is neither localhost nor an address; repeatable.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Let raters answer in a browser: each vote is on disk before the page goes on. Ctrl-C ends it."""
    from reports.study.server import serve as run

    ended = run(study, host=host, port=port, names=name or [], started=_tell_start)
    answers = ended.answers
    raters = "1 rater" if answers.raters == 1 else f"{answers.raters} raters"
    output.print(
        f"{answers.votes:,} of {answers.wanted:,} votes by {raters} are in {answers.folder}",
        highlight=False,
    )
    errors.print(f"Take them in with: avbench study ingest {study}", markup=False, highlight=False)


def _tell_start(bound: "Bound") -> None:
    answers = bound.answers
    lists = len(answers.study.rater_lists)
    errors.print(f"Raters open {bound.address}", highlight=False)
    errors.print(f"{answers.raters} of {lists} lists are dealt, {answers.votes:,} of {answers.wanted:,} votes are in.")
    errors.print("Each new code gets the next list; the same code goes on where it stopped. Ctrl-C ends the server.")
    if not bound.is_loopback:
        errors.print(
            "Other machines can reach this server, and answers travel unencrypted: use it in a network you trust.",
            style="yellow",
        )
