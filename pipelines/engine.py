"""Where the work of `prepare` is done: processes of this machine, or others (`ray_engine.py`)."""

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Self, TypeVar

from avbench.errors import MachineError
from pipelines.workers import new_pool

T = TypeVar("T")
R = TypeVar("R")


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
    def submit(self, work: Callable[[T], R], item: T) -> Future[R]:
        """Call `work` on `item`. Both, and what comes back, can be pickled.

        The future raises what `work` raises, or WorkerDiedError.
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
        coming = iter(items)
        # One more for each worker, so that none ever waits.
        running = {self.submit(work, item) for item in islice(coming, 2 * self.workers)}
        count = 0
        while running:
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
                count += 1
                done(count)
            running |= {self.submit(work, item) for item in islice(coming, len(finished))}


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

    When one dies, for example because a damaged file brings a codec down, Python breaks off all calls that were being
    carried out, and does not say which one is to blame. So each of them is called again, alone in a process; the one
    that dies again is to blame.

    Args:
        workers: 0 for one per core.
    """

    def __init__(self, workers: int = 0) -> None:
        self.workers = workers or len(os.sched_getaffinity(0))
        self._changes = threading.Lock()

    def __enter__(self) -> Self:
        self._pool = new_pool(self.workers)
        self._suspects = ThreadPoolExecutor(1)
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._suspects.shutdown(cancel_futures=True)

    def submit(self, work: Callable[[T], R], item: T) -> Future[R]:
        call = Call(work, item, Future())
        with self._changes:
            try:
                running = self._pool.submit(work, item)
            except BrokenProcessPool:
                self._pool = new_pool(self.workers)
                running = self._pool.submit(work, item)
        running.add_done_callback(partial(self._settle, call))
        return call.future

    def check_folder(self, folder: Path) -> None:
        pass  # it is this machine's own

    def _settle(self, call: Call, done: "Future[Any]") -> None:
        if done.cancelled():
            call.future.cancel()
        elif isinstance(done.exception(), BrokenProcessPool):
            self._suspects.submit(_call_alone, call)
        else:
            call.finish(done)


def _call_alone(call: Call) -> None:
    pool: ProcessPoolExecutor
    with new_pool(1) as pool:
        running = pool.submit(call.work, call.item)
        wait([running])
    if isinstance(running.exception(), BrokenProcessPool):
        call.future.set_exception(WorkerDiedError("the process that worked on it died, twice"))
    else:
        call.finish(running)
