import dataclasses
import math

import numpy as np
import pytest

from avbench.metrics.frechet import frechet_distance
from avbench.statistics.estimate import Estimate, RunValues, kind_of
from avbench.statistics.leaving_out import GroupedSets, leaving_out
from avbench.statistics.paired import paired_difference

LABELS = np.arange(320) % 32


def one_coordinate(reference, generated) -> float:
    """Unbiased, and all about the reference: the clips of one method hardly move it."""
    return float(reference[:, 0].mean() + 0.01 * generated[:, 0].mean())


def estimate(function, real, made, **others) -> Estimate:
    known = dict(dataset="real", method="made", metric="M", better="lower", n_reference=320, n_generated=320, runs=1)
    values = RunValues.of(
        leaving_out(function, GroupedSets(real, made, (LABELS, LABELS), 32)),
        kind_of(function),
        np.random.default_rng(0),
    )
    return Estimate(kind=kind_of(function), **known | others).measured(values, 1.0)


@pytest.fixture
def sets():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(320, 4)) + shift for shift in (0, 0.1, 1.0, 1.0)]


def test_the_nearer_method_is_better(sets):
    real, near, far, _ = sets
    first, second = estimate(frechet_distance, real, near), estimate(frechet_distance, real, far)
    assert paired_difference(first, second).better == "first"
    assert paired_difference(second, first).better == "second"


def test_where_more_is_better_the_larger_value_wins(sets):
    real, near, far, _ = sets
    lines = [estimate(frechet_distance, real, made, better="higher") for made in (near, far)]
    assert paired_difference(*lines).better == "second"


def test_two_methods_of_one_distribution_are_a_tie(sets):
    real, _, far, as_far = sets
    found = paired_difference(estimate(frechet_distance, real, far), estimate(frechet_distance, real, as_far))
    assert found.better == "tie" and found.low <= 0 <= found.high


def test_a_method_ties_with_itself(sets):
    line = estimate(frechet_distance, sets[0], sets[2])
    found = paired_difference(line, line)
    assert (found.better, found.difference, found.se) == ("tie", 0, 0)


def test_what_both_owe_to_the_reference_is_no_error_of_the_difference(sets):
    real, near, far, _ = sets
    first, second = estimate(one_coordinate, real, near), estimate(one_coordinate, real, far)
    assert paired_difference(first, second).se < 0.05 * math.hypot(first.se, second.se)


def test_methods_without_errors_are_not_judged(sets):
    line = estimate(frechet_distance, sets[0], sets[1])
    unknown = dataclasses.replace(line, left_out=(), why_none="N = 10 is less than 4 x 400 features")
    found = paired_difference(line, unknown)
    assert (found.better, found.why_unknown) == ("unknown", "N = 10 is less than 4 x 400 features")
    assert math.isnan(found.low)


def test_unlike_numbers_of_groups_are_not_paired(sets):
    line = estimate(frechet_distance, sets[0], sets[1])
    fewer = dataclasses.replace(line, left_out=line.left_out[:20], shares=line.shares[:20])
    assert "32 and 20 groups" in paired_difference(line, fewer).why_unknown


def test_values_that_are_not_numbers_are_not_judged(sets):
    line = estimate(frechet_distance, sets[0], sets[1])
    broken = dataclasses.replace(line, left_out=(math.nan, *line.left_out[1:]))
    assert paired_difference(line, broken).better == "unknown"
