import numpy as np
import pytest

from avbench.statistics.jackknife import jackknife


def leaving_each_out(function, x: np.ndarray) -> np.ndarray:
    return np.array([function(np.delete(x, index)) for index in range(len(x))])


def test_the_error_of_a_mean_is_its_standard_error():
    x = np.random.default_rng(0).normal(size=50)
    found = jackknife(x.mean(), leaving_each_out(np.mean, x), np.full(50, 1 / 50))
    assert found.se == pytest.approx(x.std(ddof=1) / np.sqrt(50))
    assert found.corrected == pytest.approx(x.mean())


def test_a_bias_of_order_one_over_n_is_taken_away():
    x = np.random.default_rng(1).normal(size=50)
    found = jackknife(x.var(), leaving_each_out(np.var, x), np.full(50, 1 / 50))
    assert found.corrected == pytest.approx(x.var(ddof=1))


def test_groups_of_unlike_sizes_give_the_error_of_their_weighted_mean():
    rng = np.random.default_rng(2)
    sizes = np.array([3, 5, 9, 2, 7, 4, 8, 6])
    shares = sizes / sizes.sum()
    errors, estimates = [], []
    for _ in range(2000):
        means = rng.normal(size=8) / np.sqrt(sizes)
        value = shares @ means
        left_out = (value - shares * means) / (1 - shares)
        estimates.append(value)
        errors.append(jackknife(value, left_out, shares).se ** 2)
    assert np.mean(errors) == pytest.approx(np.var(estimates), rel=0.1)


def test_a_group_without_clips_does_not_count():
    values, shares = np.array([1.1, 0.9, 1.2, 0.7]), np.full(4, 0.25)
    with_empty = jackknife(1.0, [*values, 1.0], [*shares, 0.0])
    assert with_empty == jackknife(1.0, values, shares)
    assert with_empty.groups == 4


def test_one_group_tells_nothing():
    assert np.isnan(jackknife(1.0, [1.0], [1.0]).se)


def test_a_value_that_is_not_a_number_has_no_error():
    assert np.isnan(jackknife(1.0, [1.0, np.nan, 1.2], [1 / 3] * 3).se)
