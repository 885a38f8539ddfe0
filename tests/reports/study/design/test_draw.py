"""Drawing clips: by seed, by source, and nothing that cannot be shown."""

from fractions import Fraction
from pathlib import Path

import pytest

from avbench.clip import ClipSpec
from avbench.clipset.clipset import ClipSet
from avbench.clipset.records import ClipRecord
from avbench.errors import DataError
from reports.study.design.draw import ClipSource, draw_clips

SPEC = ClipSpec(size=256)


class Listed(ClipSet):
    """Clips that are records alone."""

    kind = "folder"

    def __init__(self, *records):
        super().__init__(Path("listed"), name="listed", records=records, failures=())

    def media(self, index, *, video=True, audio=True):
        raise NotImplementedError

    def as_webdataset(self, split=None):
        raise NotImplementedError


def record(key, *, seconds="1.6", sound=True, picture=True, **meta):
    return ClipRecord(
        key=key,
        split="train",
        label="",
        source=f"{key}.mp4",
        sha256="0" * 64,
        duration=Fraction(seconds),
        frames=16 if picture else 0,
        fps=Fraction(10),
        width=64,
        height=64,
        sample_rate=16_000 if sound else 0,
        channels=1,
        source_fps=Fraction(10),
        source_channels=1,
        meta=meta,
    )


def draw(clipset, count, method="ours", *, seed=0, paired=False, dataset="landscape"):
    source = ClipSource(method=method, path=Path("set"), dataset=dataset)
    return draw_clips(source, clipset, count, SPEC, seed, paired=paired)


def many(prefix="clip", count=30, **changes):
    return Listed(*(record(f"{prefix}-{number}", **changes) for number in range(count)))


def test_the_seed_decides_which_clips():
    assert draw(many(), 5) == draw(many(), 5)
    assert draw(many(), 5) != draw(many(), 5, seed=1)
    assert len({one.key for one in draw(many(), 30)[0]}) == 30


def test_the_next_clip_is_told_where_there_is_one():
    drawn, spare = draw(many(count=6), 5)
    assert spare is not None and spare.key not in {one.key for one in drawn}
    assert draw(many(count=5), 5)[1] is None


def test_samples_of_two_methods_are_no_pairs_though_they_are_numbered_alike():
    ours, theirs = (draw(many(), 5, method)[0] for method in ("ours", "two-stage"))
    assert {one.source_id for one in ours} & {one.source_id for one in theirs} == set()


def test_methods_that_were_given_the_same_conditions_are_compared_on_them():
    real = Listed(*(record(f"scene-{number}", seconds="10") for number in range(40)))
    ours = Listed(*(record(f"sample-{number}", condition_key=f"scene-{number}") for number in range(40)))
    assert [one.source_id for one in draw(real, 8, "real")[0]] == [one.source_id for one in draw(ours, 8)[0]]


def test_clips_of_one_name_are_pairs_where_the_user_says_so():
    ours, theirs = (draw(many(), 5, method, paired=True)[0] for method in ("ours", "two-stage"))
    assert [one.source_id for one in ours] == [one.source_id for one in theirs]


def test_a_second_sample_of_a_condition_comes_after_all_first_ones():
    twice = Listed(*(record(f"sample-{number}", condition_key=f"scene-{number // 2}") for number in range(12)))
    assert len({one.source_id for one in draw(twice, 6)[0]}) == 6


def test_of_a_long_clip_a_stretch_on_the_grid_of_frames_is_shown():
    starts = [one.start for one in draw(many(seconds="10"), 30)[0]]
    assert len(set(starts)) > 10
    assert all(0 <= start <= Fraction("8.4") and (start * 10).denominator == 1 for start in starts)


def test_fewer_clips_than_asked_are_refused_with_the_reason():
    clipset = Listed(*(record(f"clip-{number}", seconds="1.2" if number else "1.6") for number in range(4)))
    with pytest.raises(DataError, match=r"2 clips of ours .* 1 can be shown \(3 last less than 1.6 s\)"):
        draw(clipset, 2)


def test_a_clip_a_frame_short_can_be_shown():
    assert len(draw(many(count=2, seconds="1.5"), 2)[0]) == 2


@pytest.mark.parametrize(("what", "changes"), [("sound", {"sound": False}), ("picture", {"picture": False})])
def test_clips_without_sound_or_picture_are_refused(what, changes):
    with pytest.raises(DataError, match=f"1 of 3 clips have no {what}, the first is mute.mp4"):
        draw(Listed(record("a"), record("mute", **changes), record("b")), 2)
