import numpy as np
import pytest

from avbench.statistics.extrapolation import extrapolate, parts_left_out


def test_a_value_that_falls_like_one_over_n_is_followed_to_infinity():
    sizes = np.array([2048, 1792, 1536])
    line = extrapolate(1 / sizes, 5 + 300 / sizes)
    assert (line.limit, line.slope, line.limit_se) == pytest.approx((5, 300, 0))


def test_the_error_of_the_limit_is_that_of_least_squares():
    rng = np.random.default_rng(0)
    x = np.array([1, 32 / 31, 8 / 7, 4 / 3])
    lines = [extrapolate(x, 2 + 3 * x + 0.1 * rng.normal(size=4)) for _ in range(4000)]
    assert np.mean([line.limit_se**2 for line in lines]) == pytest.approx(
        np.var([line.limit for line in lines]), rel=0.1
    )


def test_one_size_has_no_limit():
    assert np.isnan(extrapolate([1.0, 1.0], [3.0, 4.0]).limit)
    assert np.isnan(extrapolate([], []).limit)


def test_two_sizes_have_a_limit_of_unknown_error():
    line = extrapolate([1.0, 2.0], [3.0, 4.0])
    assert line.limit == pytest.approx(2) and np.isnan(line.limit_se)


@pytest.mark.parametrize(("groups", "parts"), [(32, 4), (32, 8), (11, 4)])
def test_every_group_is_left_out_once(groups, parts):
    masks = list(parts_left_out(groups, parts, np.random.default_rng(0)))
    assert len(masks) == parts and (np.sum(masks, axis=0) == 1).all()
