import threading
import time

import pytest

from pipelines.ahead import ahead


def test_gives_the_same_items_in_the_same_order():
    assert list(ahead(iter(range(100)), 3)) == list(range(100))
    assert list(ahead(iter([]), 3)) == []


def test_is_never_farther_ahead_than_allowed():
    made = []

    def items():
        for number in range(10):
            made.append(number)
            yield number

    coming = ahead(items(), 2)
    assert next(coming) == 0
    time.sleep(0.3)
    assert len(made) <= 4  # the one that was taken, two that wait, and one in the hand
    coming.close()


def test_raises_what_the_items_raise_in_its_place():
    def items():
        yield 1
        raise KeyError("second")

    coming = ahead(items(), 5)
    assert next(coming) == 1
    with pytest.raises(KeyError, match="second"):
        next(coming)


def test_ends_its_thread_when_it_is_closed_early():
    before = threading.active_count()
    coming = ahead(iter(range(1000)), 1)
    next(coming)
    coming.close()
    assert threading.active_count() == before
