"""Cutting an item into clips of one length."""

from dataclasses import dataclass
from fractions import Fraction

from avbench.clipset.timeline import PADDED_GAP


@dataclass(frozen=True, slots=True)
class Span:
    """A clip's place in its item, in seconds."""

    start: Fraction
    duration: Fraction


@dataclass(frozen=True, slots=True)
class Cut:
    """The clips of an item, and the seconds at its end that were too few for another."""

    spans: tuple[Span, ...]
    tail: Fraction


def cut(duration: Fraction, seconds: Fraction | None) -> Cut:
    """Cut `duration` into consecutive clips of `seconds`, or leave it whole (None).

    An item that is shorter than one clip stays whole: dropping the only clip of a video would lose the video. A clip
    at the end that lacks at most 50 ms is filled up, as everywhere (`PADDED_GAP`).
    """
    if seconds is None or duration < seconds - PADDED_GAP:
        return Cut((Span(Fraction(0), duration),), Fraction(0))
    count = int((duration + PADDED_GAP) / seconds)
    tail = duration - count * seconds
    # What is shorter than a gap that we would fill is no loss worth counting.
    return Cut(tuple(Span(k * seconds, seconds) for k in range(count)), tail if tail > PADDED_GAP else Fraction(0))
