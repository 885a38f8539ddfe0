from collections import Counter

import numpy as np
import pytest
from designs import make_clips
from hypothesis import given, settings
from hypothesis import strategies as st

from avbench.errors import UsageError
from reports.study.design.groups import deal_groups


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    methods=st.integers(1, 4),
    per_page=st.integers(1, 3),
    pages=st.integers(4, 7),
    paired=st.booleans(),
)
def test_groups_hold_methods_in_equal_shares_and_no_source_twice(seed, methods, per_page, pages, paired):
    names = [f"method-{number}" for number in range(methods)]
    clips = make_clips(per_page * pages, names, paired=paired)
    groups = deal_groups(clips, per_page * methods, np.random.default_rng(seed))
    assert sorted(clip.clip_id for group in groups for clip in group) == sorted(clip.clip_id for clip in clips)
    for group in groups:
        assert Counter(clip.method for clip in group) == dict.fromkeys(names, per_page)
        assert len({clip.source_id for clip in group}) == len(group)


def test_shares_differ_by_one_where_methods_do_not_divide_the_page():
    groups = deal_groups(make_clips(10), 10, np.random.default_rng(0))
    assert all(sorted(Counter(clip.method for clip in group).values()) == [3, 3, 4] for group in groups)


def test_room_is_made_where_greed_leaves_none():
    """As many pages as methods show each scene: only Latin squares deal them, into which greed alone seldom runs."""
    clips = make_clips(4, ("a", "b", "c", "d"), paired=True)
    for seed in range(20):
        groups = deal_groups(clips, 4, np.random.default_rng(seed))
        assert all(len({clip.source_id for clip in group}) == 4 for group in groups)


def test_more_clips_of_a_source_than_pages_are_infeasible():
    with pytest.raises(UsageError, match="3 clips have the source scene-[01], and there are 2 pages of 3"):
        deal_groups(make_clips(2, paired=True), 3, np.random.default_rng(0))


def test_clips_that_do_not_fill_the_pages_are_refused():
    with pytest.raises(UsageError, match="9 clips do not fill pages of 4"):
        deal_groups(make_clips(3), 4, np.random.default_rng(0))
