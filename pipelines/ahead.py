"""Doing the next step of an iterator while the last one's result is used: decoding beside encoding."""

import queue
import threading
from collections.abc import Generator, Iterator
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterator[T], depth: int) -> Generator[T]:
    """The same items in the same order, made by a thread of their own that is at most `depth` items ahead.

    What `items` raises is raised here, in its place. When this iterator is closed early, the thread ends, too.
    It pays where both sides leave Python's lock, as codecs do.
    """
    made: queue.Queue[tuple[T] | BaseException | None] = queue.Queue(depth)  # None: there are no more
    closed = threading.Event()

    def put(what: tuple[T] | BaseException | None) -> None:
        while not closed.is_set():
            try:
                return made.put(what, timeout=0.1)
            except queue.Full:
                continue

    def work() -> None:
        try:
            for item in items:
                put((item,))
                if closed.is_set():
                    return
        except BaseException as error:  # whatever it is, it belongs to whoever asked for the items
            put(error)
        else:
            put(None)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while (what := made.get()) is not None:
            if isinstance(what, BaseException):
                raise what
            yield what[0]
    finally:
        closed.set()
        thread.join()
