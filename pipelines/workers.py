"""Doing the same thing to many items, in processes of their own."""

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

import torch

from avbench.errors import MachineError

T = TypeVar("T")


def run_all(work: Callable[[T], None], items: Sequence[T], *, workers: int, done: Callable[[int], None]) -> None:
    """Call `work` on each item, in `workers` processes (0: one per core, 1: this one).

    Every process computes with one thread, so that results do not depend on how many there are.

    Args:
        work: can be pickled; leaves its result on the disk.
        done: told how many items are finished.

    Raises:
        MachineError: a worker process died.
        Exception: the first one that `work` raised; items that had not begun are left.
    """
    workers = min(workers or len(os.sched_getaffinity(0)), len(items))
    if workers <= 1:
        _run_here(work, items, done)
        return
    with new_pool(workers) as pool:
        futures: list[Future[None]] = [pool.submit(work, item) for item in items]
        try:
            for count, future in enumerate(as_completed(futures), start=1):
                future.result()
                done(count)
        except BrokenProcessPool as error:
            raise MachineError(
                "a worker process died, probably out of memory; give the same command again with fewer --workers "
                "(what is done is kept)"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def new_pool(workers: int) -> ProcessPoolExecutor:
    """Processes that wait for work, and end with this one."""
    # A fork of this process would copy the locks of torch's threads; a server that has imported torch, and done
    # nothing with it, gives workers at once.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pipelines.bench"])
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin_worker)


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Kills this process, a worker's, when the block takes longer: a damaged file can hold a codec up for ever, in code
    that no exception ends."""
    before = signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _run_here(work: Callable[[T], None], items: Sequence[T], done: Callable[[int], None]) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for count, item in enumerate(items, start=1):
            work(item)
            done(count)
    finally:
        torch.set_num_threads(threads)


def _begin_worker() -> None:
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent tells
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    """Ends this process when its parent is killed; it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)
