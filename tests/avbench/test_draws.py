from fractions import Fraction

import pytest

from avbench.draws import draw, halves
from avbench.errors import DataError
from avbench.protocol import AVBENCH, PUBLISHED
from avbench.seeds import stream
from avbench.windows import Window


def windows(count: int) -> list[Window]:
    return [Window(index, Fraction(0)) for index in range(count)]


def test_a_large_set_gives_n_different_windows():
    drawn = draw(windows(100), PUBLISHED.with_samples(20), stream(0, "test"))
    assert len(drawn.windows) == len(set(drawn.windows)) == 20
    assert drawn.repeats == 1


def test_a_small_set_is_read_again_in_the_same_order_until_n_rows_exist():
    # The released evaluation: batches of 8, the last one partial, over and over, cut at N.
    drawn = draw(windows(11), PUBLISHED.with_samples(30), stream(0, "test"))
    assert [len(batch) for batch in drawn.batches] == [8, 3, 8, 3, 8]
    assert drawn.batches[2] == drawn.batches[0]
    assert len(drawn.windows) == 30
    assert drawn.windows[:11] == drawn.windows[11:22]


def test_the_clean_protocol_never_counts_a_window_twice():
    drawn = draw(windows(11), AVBENCH.with_samples(30), stream(0, "test"))
    assert sorted(drawn.windows) == windows(11)


def test_draws_differ_by_stream_and_repeat_by_seed():
    first, second, other = (draw(windows(50), AVBENCH, stream(0, "test", run)).windows for run in (0, 0, 1))
    assert first == second != other


def test_the_first_rows_of_a_draw_keep_its_batches():
    drawn = draw(windows(32), PUBLISHED.with_samples(32), stream(0, "test"))
    first = drawn.first(12)
    assert first.windows == drawn.windows[:12]
    assert first.batches == drawn.batches[:2]


def test_one_window_is_too_few():
    with pytest.raises(DataError, match="1 window.* at least 2"):
        draw(windows(1), AVBENCH, stream(0, "test"))


def test_halves_share_no_source_video():
    candidates = [Window(clip, Fraction(start)) for clip in range(10) for start in range(3)]
    sources = [f"video{clip // 2}" for clip in range(10)]  # two clips of each source
    one, other, note = halves(candidates, sources, stream(0, "test"))
    assert {sources[w.clip] for w in one}.isdisjoint(sources[w.clip] for w in other)
    assert sorted(one + other) == candidates and note == ""


def test_halves_of_one_source_video_share_no_window_and_say_so():
    candidates = windows(8)
    one, other, note = halves(candidates, ["the only one"] * 8, stream(0, "test"))
    assert sorted(one + other) == candidates
    assert note == "too few source videos: the two draws share them"


def test_halves_of_three_windows_share_them_and_say_so():
    one, other, note = halves(windows(3), ["a", "b", "c"], stream(0, "test"))
    assert one == other == windows(3)
    assert note == "too few windows: the two draws share them"
