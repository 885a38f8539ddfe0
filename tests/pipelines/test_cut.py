from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pipelines.cut import Span, cut


def test_counts_the_tail_that_is_too_short():
    pieces = cut(Fraction(25), Fraction(10))
    assert [span.start for span in pieces.spans] == [0, 10]
    assert pieces.tail == 5


def test_keeps_an_item_that_is_shorter_than_a_clip():
    assert cut(Fraction(3), Fraction(10)).spans == (Span(Fraction(0), Fraction(3)),)


def test_keeps_an_item_whole_when_asked():
    assert cut(Fraction(95, 2), None).spans == (Span(Fraction(0), Fraction(95, 2)),)


def test_fills_up_a_last_clip_that_lacks_50_ms():
    assert len(cut(Fraction(1995, 100), Fraction(10)).spans) == 2
    assert len(cut(Fraction(1994, 100), Fraction(10)).spans) == 1


def test_cuts_the_generated_landscape_into_55_clips():
    assert len(cut(Fraction("88.323"), Fraction("1.6")).spans) == 55


@given(
    st.fractions(Fraction(1, 100), 1000, max_denominator=1000), st.fractions(Fraction(1, 10), 20, max_denominator=100)
)
def test_clips_and_tail_make_up_the_item(duration: Fraction, seconds: Fraction):
    pieces = cut(duration, seconds)
    assert all(a.start + a.duration == b.start for a, b in zip(pieces.spans, pieces.spans[1:], strict=False))
    end = pieces.spans[-1].start + pieces.spans[-1].duration
    assert abs(end + pieces.tail - duration) <= Fraction(50, 1000)
