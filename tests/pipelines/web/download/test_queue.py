import pytest

from avbench.errors import MissingError
from pipelines.web.download.classify import RefusedError
from pipelines.web.download.queue import DownloadQueue, Patience
from pipelines.web.download.video import Video

A, B, C = (Video(name=name, url=f"http://x/{name}", via="http") for name in "abc")
START = 100.0  # the clock begins anywhere

PATIENCE = Patience(between=1, attempts=3, first_pause=2, limited_pause=60, longest_pause=900, limits=3, unreachable=4)


def queue(*videos: Video) -> DownloadQueue:
    return DownloadQueue(videos, PATIENCE)


def test_gives_the_videos_in_order_with_a_pause_between_them():
    waiting = queue(A, B)
    assert waiting.next(START) == A
    assert waiting.next(START + 0.5) is None and waiting.seconds_until_next(START + 0.5) == 0.5
    assert waiting.next(START + 1) == B
    assert waiting.next(START + 2) is None and waiting.seconds_until_next(START + 2) is None


def test_tries_again_behind_the_others_and_later_each_time():
    waiting = queue(A, B)
    waiting.next(START)
    assert not waiting.refused(A, RefusedError("network", ""), START)
    assert waiting.next(START + 5) == B
    assert waiting.next(START + 6) == A
    assert not waiting.refused(A, RefusedError("network", ""), START + 6)
    assert waiting.seconds_until_next(START + 7) == 3  # 4 s after it failed


def test_gives_up_when_the_attempts_are_used_up():
    waiting = queue(A)
    for attempt in range(3):
        waiting.next(START + 100 * attempt)
        given_up = waiting.refused(A, RefusedError("network", ""), START + 100 * attempt)
        assert given_up == (attempt == 2)
    assert len(waiting) == 0 and waiting.stopped is None


def test_gives_up_at_once_what_cannot_change():
    waiting = queue(A)
    waiting.next(START)
    assert waiting.refused(A, RefusedError("private", ""), START)


def test_a_pause_that_the_server_names_is_kept_by_all():
    waiting = queue(A, B)
    waiting.next(START)
    assert not waiting.refused(A, RefusedError("rate_limit", "", 30.0), START)
    assert waiting.seconds_until_next(START) == 30
    assert waiting.next(START + 30) == B


def test_pauses_get_longer_where_the_server_names_none():
    waiting = queue(A, B)
    waiting.next(START)
    waiting.refused(A, RefusedError("rate_limit", ""), START)
    assert waiting.seconds_until_next(START) == 60
    waiting.next(START + 60)
    waiting.refused(B, RefusedError("rate_limit", ""), START + 60)
    assert waiting.seconds_until_next(START + 60) == 120


def test_a_server_that_has_had_enough_again_and_again_ends_the_run():
    waiting = queue(A)
    for attempt in range(3):
        waiting.next(START + 1000 * attempt)
        assert not waiting.refused(A, RefusedError("rate_limit", "slower", 5.0), START + 1000 * attempt)
    with pytest.raises(MissingError, match="had enough for now"):
        waiting.check()


def test_a_server_that_wants_an_hour_ends_the_run():
    waiting = queue(A)
    waiting.next(START)
    waiting.refused(A, RefusedError("rate_limit", "slower", 3600.0), START)
    with pytest.raises(MissingError, match="a pause of 3600 s"):
        waiting.check()


def test_a_bot_check_ends_the_run_and_burns_nothing():
    waiting = queue(A, B, C)
    waiting.next(START)
    assert not waiting.refused(A, RefusedError("bot_check", "not a bot?"), START)
    assert waiting.next(START + 1000) is None and len(waiting) == 3
    with pytest.raises(MissingError, match="wants to know whether this is a bot"):
        waiting.check()


def test_no_connection_at_all_ends_the_run():
    waiting = queue(A, B, C)
    for attempt in range(4):
        video = waiting.next(START + 100 * attempt)
        assert video is not None and not waiting.refused(video, RefusedError("unreachable", "x"), START + 100 * attempt)
    with pytest.raises(MissingError, match="there is no connection"):
        waiting.check()


def test_a_single_video_without_a_connection_ends_the_run_too():
    waiting = queue(A)
    for attempt in range(3):
        waiting.next(START + 100 * attempt)
        assert not waiting.refused(A, RefusedError("unreachable", "x"), START + 100 * attempt)
    assert waiting.stopped is not None


def test_a_dead_server_among_living_ones_is_given_up():
    waiting = queue(A, B)
    for attempt in range(3):
        waiting.next(START + 100 * attempt)
        waiting.arrived() if attempt == 1 else waiting.refused(A, RefusedError("unreachable", "x"), START)
    assert waiting.next(START + 1000) == A
    assert waiting.refused(A, RefusedError("unreachable", "x"), START + 1000) and waiting.stopped is None
