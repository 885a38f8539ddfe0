"""Values without some groups equal those that are computed from scratch."""

import numpy as np
import pytest

from avbench.metrics.density_coverage import coverage, density
from avbench.metrics.frechet import frechet_distance
from avbench.metrics.kernel import kernel_distance
from avbench.metrics.kernel_audio_distance import kernel_audio_distance
from avbench.metrics.manifold import precision, recall
from avbench.statistics.leaving_out import Balls, Frechet, FromScratch, Kernel, leaving_out

GROUPS = 8
MANY_AND_FEW_ROWS = pytest.mark.parametrize(("n", "m", "d"), [(120, 90, 6), (40, 30, 25), (20, 30, 25)])
METRICS = pytest.mark.parametrize("function", [frechet_distance, kernel_distance])


def case(n: int, m: int, d: int):
    rng = np.random.default_rng([n, m, d])
    x, y = 3 + rng.normal(size=(n, d)), 3.2 + 1.3 * rng.normal(size=(m, d))
    return x, y, (rng.permutation(np.arange(n) % GROUPS), rng.permutation(np.arange(m) % GROUPS)), GROUPS


@METRICS
@MANY_AND_FEW_ROWS
def test_leaving_out_each_group_equals_computing_anew(function, n, m, d):
    quick, slow = leaving_out(function, *case(n, m, d)), FromScratch(function, *case(n, m, d))
    np.testing.assert_allclose(quick.each_left_out(), slow.each_left_out(), rtol=1e-9)


@METRICS
def test_leaving_out_several_groups_equals_computing_anew(function):
    mask = np.array([True, False, True, False, False, True, False, False])
    quick, slow = leaving_out(function, *case(120, 90, 6)), FromScratch(function, *case(120, 90, 6))
    assert quick.without(mask) == pytest.approx(slow.without(mask), rel=1e-9)


@METRICS
@MANY_AND_FEW_ROWS
def test_leaving_out_nothing_gives_the_metric(function, n, m, d):
    x, y, labels, groups = case(n, m, d)
    nothing = np.zeros(groups, np.bool_)
    assert leaving_out(function, x, y, labels, groups).without(nothing) == pytest.approx(function(x, y), rel=1e-9)


def test_the_quick_ways_are_taken():
    assert isinstance(leaving_out(frechet_distance, *case(30, 30, 3)), Frechet)
    assert isinstance(leaving_out(kernel_distance, *case(30, 30, 3)), Kernel)


@pytest.mark.parametrize("function", [precision, recall, density, coverage])
def test_leaving_groups_out_of_nearest_neighbours_equals_computing_anew(function):
    x, y, (of_x, of_y), groups = case(120, 90, 4)
    y[:20] = y[0]  # a crowd of equal clips, whose balls are points
    several = np.arange(groups) % 3 == 0
    quick, slow = (make(function, x, y, (of_x, of_y), groups) for make in (leaving_out, FromScratch))
    assert isinstance(quick, Balls)
    np.testing.assert_allclose(quick.each_left_out(), slow.each_left_out(), rtol=1e-12)
    assert quick.without(several) == pytest.approx(slow.without(several), rel=1e-12)
    assert quick.without(np.zeros(groups, np.bool_)) == pytest.approx(function(x, y), rel=1e-12)


def test_without_enough_rows_for_a_ball_there_is_no_value():
    x, y, _, _ = case(40, 40, 3)
    labels = np.arange(40) % 20  # two rows each
    left_out = np.arange(20) > 0
    assert np.isnan(leaving_out(precision, x, y, (labels, labels), 20).without(left_out))


def test_of_kad_groups_are_left_out_under_the_kernel_of_all_clips():
    x, y, labels, groups = case(120, 90, 6)
    quick = leaving_out(kernel_audio_distance, x, y, labels, groups)
    assert quick.without(np.zeros(groups, np.bool_)) == pytest.approx(kernel_audio_distance(x, y), rel=1e-9)
    slow = FromScratch(kernel_audio_distance, x, y, labels, groups)  # where the kernel's width moves a little
    np.testing.assert_allclose(quick.each_left_out(), slow.each_left_out(), rtol=0.05)


def test_any_other_metric_is_computed_anew():
    x, y, labels, groups = case(40, 40, 3)
    shift = leaving_out(lambda one, other: float((other.mean(0) - one.mean(0)).sum()), x, y, labels, groups)
    kept = labels[0] != 2, labels[1] != 2
    assert shift.each_left_out()[2] == pytest.approx((y[kept[1]].mean(0) - x[kept[0]].mean(0)).sum())


@pytest.mark.parametrize("function", [frechet_distance, kernel_distance, density, lambda one, other: 0.0])
def test_a_set_of_which_nothing_is_left_has_no_value(function):
    x, y, labels, groups = case(40, 40, 3)
    assert np.isnan(leaving_out(function, x, y, labels, groups).without(np.ones(groups, np.bool_)))


def test_shares_are_the_mean_of_both_sets():
    x, y, _, _ = case(40, 40, 3)
    labels = np.repeat([0, 1], [10, 30]), np.repeat([0, 1], [20, 20])
    np.testing.assert_allclose(Frechet(x, y, labels, 2).shares(), [3 / 8, 5 / 8])


def test_features_that_do_not_vary_are_no_obstacle():
    x, y, labels, groups = case(120, 90, 6)
    x[:, 0], y[:, 0] = 1, 1
    np.testing.assert_allclose(
        Frechet(x, y, labels, groups).each_left_out(),
        FromScratch(frechet_distance, x, y, labels, groups).each_left_out(),
        rtol=1e-6,
    )
