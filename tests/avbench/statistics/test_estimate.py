import json
import math

import numpy as np
import pytest
from scipy import stats

from avbench.metrics.frechet import frechet_distance
from avbench.metrics.kernel import kernel_distance
from avbench.statistics.estimate import Estimate, RunValues, kind_of
from avbench.statistics.leaving_out import GroupedSets, leaving_out

LABELS = np.arange(256) % 32


def run_values(function, seed: int = 0, shift: float = 0.0, D: int = 4) -> RunValues:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(256, D)), shift + rng.normal(size=(256, D))
    parts = leaving_out(function, GroupedSets(x, y, (LABELS, LABELS), 32))
    return RunValues.of(parts, kind_of(function), np.random.default_rng(seed))


def estimate(function, *runs: RunValues, scale: float = 1.0, **others) -> Estimate:
    known = dict(dataset="real", method="made", metric="M", better="lower", n_reference=256, n_generated=256)
    plain = Estimate(runs=len(runs), kind=kind_of(function), **known | others)
    return plain.measured(RunValues.mean(runs), scale)


def mean_shift(reference, generated) -> float:
    return float((generated.mean(axis=0) - reference.mean(axis=0)).sum())


def test_the_interval_of_a_frechet_distance_is_about_its_limit():
    found = estimate(frechet_distance, run_values(frechet_distance, shift=0.5))
    half = stats.t.ppf(0.975, 31) * found.limit_se
    assert (found.interval.low, found.interval.high) == pytest.approx((found.limit - half, found.limit + half))
    assert found.interval.method == "jackknife-32"
    assert found.limit < found.value


def test_the_bias_by_n_is_gone_from_the_limit():
    # One real distribution: the distance is 0, and whatever the value is lies in the bias.
    found = [estimate(frechet_distance, run_values(frechet_distance, seed)) for seed in range(40)]
    bias, rest = (np.mean([getattr(one, name) for one in found]) for name in ("value", "limit"))
    assert bias > 0.02 and abs(rest) < 0.25 * bias


def test_the_interval_of_a_kernel_distance_is_about_its_value_and_no_limit_is_offered():
    found = estimate(kernel_distance, run_values(kernel_distance, shift=0.5))
    assert (found.interval.low + found.interval.high) / 2 == pytest.approx(found.value)
    assert math.isnan(found.limit) and math.isfinite(found.variance)


def test_a_metric_of_which_less_is_known_has_an_error_and_no_interval():
    values = run_values(mean_shift)
    found = estimate(mean_shift, values, why_none="how N moves it is not known")
    assert found.se == pytest.approx(math.sqrt(2 * 4 / 256), rel=0.5)
    assert math.isnan(found.interval.low) and found.interval.note == "how N moves it is not known"


def test_the_mean_of_one_run_given_twice_is_no_surer_than_one():
    one = run_values(frechet_distance, shift=0.5)
    once, twice = estimate(frechet_distance, one), estimate(frechet_distance, one, one)
    assert twice.se == pytest.approx(once.se)


def test_all_numbers_are_scaled_alike():
    values = run_values(kernel_distance, shift=0.5)
    once, scaled = estimate(kernel_distance, values), estimate(kernel_distance, values, scale=100.0)
    for name in ("value", "se"):
        assert getattr(scaled, name) == pytest.approx(100 * getattr(once, name))
    assert scaled.interval.high == pytest.approx(100 * once.interval.high)


def test_a_value_that_is_not_a_number_has_no_interval_and_says_so():
    broken = RunValues(math.nan, (math.nan,) * 12, (1 / 12,) * 12)
    interval = estimate(kernel_distance, broken).interval
    assert math.isnan(interval.low) and "not a finite number" in interval.note


def test_a_remark_stands_beside_the_interval():
    found = estimate(kernel_distance, run_values(kernel_distance), remark="each clip counts as one")
    assert math.isfinite(found.interval.low) and found.interval.note == "each clip counts as one"


@pytest.mark.parametrize("function", [frechet_distance, kernel_distance])
def test_it_comes_back_from_json_as_it_was(function):
    found = estimate(function, run_values(function))
    again = Estimate.from_dict(json.loads(json.dumps(found.as_dict(), allow_nan=False)))
    assert json.dumps(again.as_dict()) == json.dumps(found.as_dict())
    assert again.interval == found.interval
