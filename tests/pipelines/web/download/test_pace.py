import pytest

from pipelines.web.download.classify import RefusedError
from pipelines.web.download.pace import Limits, Pace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def pace(speed: float, *, seconds: int, limits: Limits, total: int = 10**9) -> None:
    """A download that brings `speed` bytes each second."""
    clock = Clock()
    told = Pace(limits, clock)
    for clock.now in range(seconds):
        told(int(speed * clock.now), total)


def test_a_trickle_is_ended_when_patience_is():
    with pytest.raises(RefusedError, match="only 100 bytes a second came for 60 s") as refused:
        pace(100, seconds=61, limits=Limits(least_speed=1000))
    assert refused.value.reason == "slow"


def test_a_trickle_is_borne_until_then():
    pace(100, seconds=60, limits=Limits(least_speed=1000))


def test_what_is_fast_enough_may_take_its_time():
    pace(1001, seconds=10_000, limits=Limits(least_speed=1000))


def test_what_became_slow_is_ended_however_fast_it_began():
    clock = Clock()
    told = Pace(Limits(least_speed=1000), clock)
    for clock.now in range(70):
        told(10**6 * min(clock.now, 10), 10**9)
    clock.now = 70
    with pytest.raises(RefusedError, match="only 0 bytes"):
        told(10**7, 10**9)


def test_a_trickle_of_unknown_length_is_ended_too():
    clock = Clock()
    told = Pace(Limits(least_speed=1000), clock)
    told(0, 0)
    clock.now = 60.0
    with pytest.raises(RefusedError, match="only 10 bytes"):
        told(600, 600)


def test_the_next_file_of_the_same_video_begins_anew():
    clock = Clock()
    told = Pace(Limits(least_speed=1000), clock)
    told(10**6, 10**6)
    clock.now = 59.0
    told(1000, 10**6)
    clock.now = 61.0
    told(5000, 10**6)


def test_what_is_too_large_is_ended_at_once():
    with pytest.raises(RefusedError, match="it has 2,000 bytes; 1,999 are allowed") as refused:
        Pace(Limits(max_bytes=1999))(10, 2000)
    assert refused.value.reason == "too_large"
