"""An engine that does all work in this process, where a test can see to what it meets."""

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Self, TypeVar

from pipelines.engine import Engine

T = TypeVar("T")
R = TypeVar("R")


class HereEngine(Engine):
    workers = 1

    def submit(self, work: Callable[[T], R], item: T, *, idle: bool = False) -> Future[R]:
        future: Future[R] = Future()
        try:
            future.set_result(work(item))
        except Exception as error:
            future.set_exception(error)
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def check_folder(self, folder: Path) -> None:
        pass
