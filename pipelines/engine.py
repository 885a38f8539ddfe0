"""Where the work of `prepare` is done: processes of this machine, or others (`ray_engine.py`)."""

import contextlib
import multiprocessing
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from avbench.errors import MachineError
from pipelines.workers import new_pool

T = TypeVar("T")
R = TypeVar("R")


_MOST_IDLE = 16  # calls that mostly wait, carried out at a time


class WorkerDiedError(MachineError):
    """The process that worked on an item died, and died again when it was tried once more."""


class Engine(ABC):
    """Calls functions elsewhere; used in a `with` statement, at whose end what has not begun is left.

    A function may be called a second time with the same item, when the process or the machine under the first call
    dies: its effects on the disk must be such that this does no harm.

    Attributes:
        workers: how many calls are carried out at a time.
    """

    workers: int

    @abstractmethod
    def submit(self, work: Callable[[T], R], item: T, *, idle: bool = False) -> Future[R]:
        """Call `work` on `item`. Both, and what comes back, can be pickled.

        The future raises what `work` raises, or WorkerDiedError.

        Args:
            idle: `work` mostly waits, for example for a server, and takes no other work's place.
        """

    @abstractmethod
    def __enter__(self) -> Self: ...

    @abstractmethod
    def __exit__(self, *error: object) -> None: ...

    @abstractmethod
    def check_folder(self, folder: Path) -> None:
        """
        Raises:
            MachineError: a machine that takes part does not have `folder`.
        """

    def run_all(self, work: Callable[[T], None], items: list[T], *, done: Callable[[int], None]) -> None:
        """Call `work`, which leaves its result on the disk, on each item.

        Args:
            done: told how many items are finished.

        Raises:
            Exception: the first one that `work` raised; items that had not begun are left.
        """
        for count, (_, future) in enumerate(self.map(work, items), start=1):
            future.result()
            done(count)

    def map(self, work: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, Future[R]]]:
        """Call `work` on each item as they come; yields items and what became of them as they are finished.

        No more items are taken than keep all workers busy.
        """
        running: dict[Future[R], T] = {}
        for item in items:
            running[self.submit(work, item)] = item
            yield from _finished(running, at_most=2 * self.workers - 1)  # one more for each, so that none waits
        yield from _finished(running, at_most=0)


def _finished(running: dict[Future[R], T], *, at_most: int) -> Iterator[tuple[T, Future[R]]]:
    """Takes out what is finished, and waits for it as long as more than `at_most` are running."""
    while running:
        done, _ = wait(running, timeout=0 if len(running) <= at_most else None, return_when=FIRST_COMPLETED)
        if not done:
            return
        for future in done:
            yield running.pop(future), future


@dataclass(frozen=True, eq=False)
class Call:
    """A call that is being carried out elsewhere, and where its caller waits for what comes back."""

    work: Callable[[Any], Any]
    item: Any
    future: Future[Any]

    def finish(self, done: Future[Any]) -> None:
        if error := done.exception():
            self.future.set_exception(error)
        else:
            self.future.set_result(done.result())


class LocalEngine(Engine):
    """Processes of this machine.

    Args:
        workers: 0 for one per core.
    """

    def __init__(self, workers: int = 0) -> None:
        self.workers = workers or len(os.sched_getaffinity(0))

    def __enter__(self) -> Self:
        self._others = multiprocessing.active_children()
        self._busy, self._idle = _Pool(self.workers), _Pool(_MOST_IDLE)
        return self

    def __exit__(self, *error: object) -> None:
        self._busy.close()
        self._idle.close()
        for process in multiprocessing.active_children():
            if process not in self._others:
                process.terminate()  # a download might keep it for many minutes
                process.join()

    def submit(self, work: Callable[[T], R], item: T, *, idle: bool = False) -> Future[R]:
        return (self._idle if idle else self._busy).submit(work, item)

    def check_folder(self, folder: Path) -> None:
        pass  # it is this machine's own


class _Pool:
    """Processes of which some may die, for example because a damaged file brings a codec down.

    Python then breaks off all calls that were being carried out, and does not say which one is to blame. So each of
    them is called again, alone in a process; the one that dies again is to blame.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool = new_pool(workers)  # its processes begin when there is work for them
        self._suspects = ThreadPoolExecutor(1)
        self._changes = threading.Lock()

    def submit(self, work: Callable[[T], R], item: T) -> Future[R]:
        call = Call(work, item, Future())
        with self._changes:
            try:
                running = self._pool.submit(work, item)
            except BrokenProcessPool:
                self._pool = new_pool(self._workers)
                running = self._pool.submit(work, item)
        running.add_done_callback(partial(self._settle, call))
        return call.future

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._suspects.shutdown(wait=False, cancel_futures=True)

    def _settle(self, call: Call, done: "Future[Any]") -> None:
        if done.cancelled():
            call.future.cancel()
        elif isinstance(done.exception(), BrokenProcessPool):
            with contextlib.suppress(RuntimeError):  # it is closed: processes die because they are no longer wanted
                self._suspects.submit(_call_alone, call)
        else:
            call.finish(done)


def _call_alone(call: Call) -> None:
    with new_pool(1) as pool:
        running = pool.submit(call.work, call.item)
        wait([running])
    if isinstance(running.exception(), BrokenProcessPool):
        call.future.set_exception(WorkerDiedError("the process that worked on it died, twice"))
    else:
        call.finish(running)
