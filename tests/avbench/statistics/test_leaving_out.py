"""Values without some groups equal those that are computed from scratch."""

from dataclasses import replace

import numpy as np
import pytest

from avbench.metrics.density_coverage import coverage, density
from avbench.metrics.frechet import frechet_distance
from avbench.metrics.kernel import kernel_distance
from avbench.metrics.kernel_audio_distance import kernel_audio_distance
from avbench.metrics.manifold import precision, recall
from avbench.statistics.leaving_out import Balls, Frechet, FromScratch, GroupedSets, Kernel, leaving_out

GROUPS = 8
MANY_AND_FEW_ROWS = pytest.mark.parametrize(("n", "m", "d"), [(120, 90, 6), (40, 30, 25), (20, 30, 25)])
METRICS = pytest.mark.parametrize("function", [frechet_distance, kernel_distance])


def case(n: int, m: int, d: int) -> GroupedSets:
    rng = np.random.default_rng([n, m, d])
    x, y = 3 + rng.normal(size=(n, d)), 3.2 + 1.3 * rng.normal(size=(m, d))
    labels = rng.permutation(np.arange(n) % GROUPS), rng.permutation(np.arange(m) % GROUPS)
    return GroupedSets(x, y, labels, GROUPS)


@METRICS
@MANY_AND_FEW_ROWS
def test_leaving_out_each_group_equals_computing_anew(function, n, m, d):
    quick, slow = leaving_out(function, case(n, m, d)), FromScratch(function, case(n, m, d))
    np.testing.assert_allclose(quick.each_left_out(), slow.each_left_out(), rtol=1e-9)


@METRICS
def test_leaving_out_several_groups_equals_computing_anew(function):
    mask = np.array([True, False, True, False, False, True, False, False])
    quick, slow = leaving_out(function, case(120, 90, 6)), FromScratch(function, case(120, 90, 6))
    assert quick.without(mask) == pytest.approx(slow.without(mask), rel=1e-9)


@METRICS
@MANY_AND_FEW_ROWS
def test_leaving_out_nothing_gives_the_metric(function, n, m, d):
    sets, nothing = case(n, m, d), np.zeros(GROUPS, np.bool_)
    value = function(sets.reference, sets.generated)
    assert leaving_out(function, sets).without(nothing) == pytest.approx(value, rel=1e-9)


def test_the_quick_ways_are_taken():
    assert isinstance(leaving_out(frechet_distance, case(30, 30, 3)), Frechet)
    assert isinstance(leaving_out(kernel_distance, case(30, 30, 3)), Kernel)


@pytest.mark.parametrize("function", [precision, recall, density, coverage])
def test_leaving_groups_out_of_nearest_neighbours_equals_computing_anew(function):
    sets = case(120, 90, 4)
    sets.generated[:20] = sets.generated[0]  # a crowd of equal clips, whose balls are points
    several = np.arange(GROUPS) % 3 == 0
    quick, slow = leaving_out(function, sets), FromScratch(function, sets)
    assert isinstance(quick, Balls)
    np.testing.assert_allclose(quick.each_left_out(), slow.each_left_out(), rtol=1e-12)
    assert quick.without(several) == pytest.approx(slow.without(several), rel=1e-12)
    value = function(sets.reference, sets.generated)
    assert quick.without(np.zeros(GROUPS, np.bool_)) == pytest.approx(value, rel=1e-12)


def test_without_enough_rows_for_a_ball_there_is_no_value():
    labels = np.arange(40) % 20  # two rows each
    sets = replace(case(40, 40, 3), labels=(labels, labels), groups=20)
    assert np.isnan(leaving_out(precision, sets).without(np.arange(20) > 0))


def test_of_kad_groups_are_left_out_under_the_kernel_of_all_clips():
    sets = case(120, 90, 6)
    quick = leaving_out(kernel_audio_distance, sets)
    value = kernel_audio_distance(sets.reference, sets.generated)
    assert quick.without(np.zeros(GROUPS, np.bool_)) == pytest.approx(value, rel=1e-9)
    slow = FromScratch(kernel_audio_distance, sets)  # where the kernel's width moves a little
    np.testing.assert_allclose(quick.each_left_out(), slow.each_left_out(), rtol=0.05)


def test_any_other_metric_is_computed_anew():
    sets = case(40, 40, 3)
    shift = leaving_out(lambda one, other: float((other.mean(0) - one.mean(0)).sum()), sets)
    kept_x, kept_y = sets.reference[sets.labels[0] != 2], sets.generated[sets.labels[1] != 2]
    assert shift.each_left_out()[2] == pytest.approx((kept_y.mean(0) - kept_x.mean(0)).sum())


@pytest.mark.parametrize("function", [frechet_distance, kernel_distance, density, lambda one, other: 0.0])
def test_a_set_of_which_nothing_is_left_has_no_value(function):
    assert np.isnan(leaving_out(function, case(40, 40, 3)).without(np.ones(GROUPS, np.bool_)))


def test_shares_are_the_mean_of_both_sets():
    labels = np.repeat([0, 1], [10, 30]), np.repeat([0, 1], [20, 20])
    sets = replace(case(40, 40, 3), labels=labels, groups=2)
    np.testing.assert_allclose(Frechet(sets).shares(), [3 / 8, 5 / 8])


def test_features_that_do_not_vary_are_no_obstacle():
    sets = case(120, 90, 6)
    sets.reference[:, 0], sets.generated[:, 0] = 1, 1
    quick, slow = Frechet(sets), FromScratch(frechet_distance, sets)
    np.testing.assert_allclose(quick.each_left_out(), slow.each_left_out(), rtol=1e-6)
