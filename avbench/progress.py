"""How long work tells how far it is."""

from typing import Protocol


class Progress(Protocol):
    """Called now and then with what is being done and how many of its items are done."""

    def __call__(self, what: str, done: int, total: int) -> None: ...


def silent(what: str, done: int, total: int) -> None:
    """Tells nobody."""
