from collections import Counter

import numpy as np
import pytest
from designs import make_clips

from reports.study.design.groups import deal_groups
from reports.study.design.order import order_groups


def counts_by_position(per_method, size, seed=0):
    """How often each method stands at each position."""
    rng = np.random.default_rng(seed)
    groups = deal_groups(make_clips(per_method), size, rng)
    ordered = order_groups(groups, rng)
    assert [{clip.clip_id for clip in page} for page in ordered] == [{clip.clip_id for clip in page} for page in groups]
    counts = Counter((clip.method, place) for page in ordered for place, clip in enumerate(page))
    methods = sorted({method for method, _ in counts})
    return np.array([[counts[method, place] for place in range(size)] for method in methods])


def test_each_method_stands_at_each_position_equally_often():
    assert (counts_by_position(50, 10) == 5).all()


@pytest.mark.parametrize(("per_method", "size"), [(7, 3), (8, 6), (10, 5), (11, 3), (4, 12)])
def test_positions_differ_by_two_at_most_whatever_the_numbers(per_method, size):
    assert np.ptp(counts_by_position(per_method, size), axis=1).max() <= 2


def test_orders_are_left_to_chance():
    rng = np.random.default_rng(0)
    groups = deal_groups(make_clips(50), 10, rng)
    methods = [tuple(clip.method for clip in page) for page in order_groups(groups, rng)]
    assert len(set(methods)) > len(methods) / 2
