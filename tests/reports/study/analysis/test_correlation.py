"""Metrics against people."""

import numpy as np
import pytest
from scipy import stats

from reports.study.analysis.correlation import Point, correlate


def points(metric: list[float], score: list[float], se: float | None = None) -> list[Point]:
    return [
        Point(method=str(number), metric=a, metric_se=se, score=b, score_se=se)
        for number, (a, b) in enumerate(zip(metric, score, strict=True))
    ]


def test_equals_scipy_with_ties_too():
    metric, score = [1.0, 2.0, 2.0, 5.0, 4.0], [5.0, 4.0, 3.5, 1.0, 2.0]
    found = correlate(points(metric, score), seed=0, name="a")
    assert found.rho == pytest.approx(stats.spearmanr(metric, score).statistic)


def test_p_is_that_of_all_orders():
    metric, score = [1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 3.0, 2.0, 5.0, 4.0]
    exact = stats.permutation_test(
        (score,), lambda order: stats.spearmanr(metric, order).statistic, permutation_type="pairings"
    )
    assert correlate(points(metric, score), seed=0, name="a").p == pytest.approx(exact.pvalue)


def test_three_methods_cannot_be_significant():
    found = correlate(points([1, 2, 3], [3, 2, 1]), seed=0, name="a")
    assert (found.rho, found.p, found.methods) == (-1.0, pytest.approx(1 / 3), None)


def test_noise_widens_the_interval():
    metric, score = [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]
    quiet = correlate(points(metric, score, se=0.01), seed=0, name="a").noise
    loud = correlate(points(metric, score, se=2.0), seed=0, name="a").noise
    assert quiet == (1.0, 1.0)
    assert loud is not None and loud[0] < 0.5
    assert correlate(points(metric, score), seed=0, name="a").noise is None


def test_the_interval_over_methods_narrows_with_their_number():
    generator = np.random.default_rng(0)
    widths = []
    for n in (6, 60):
        metric = generator.normal(size=n)
        found = correlate(points(list(metric), list(metric + generator.normal(size=n))), seed=0, name="a")
        assert found.methods is not None and found.rho is not None
        assert found.methods[0] < found.rho < found.methods[1]
        widths.append(found.methods[1] - found.methods[0])
    assert widths[1] < widths[0] / 2


def test_a_metric_that_is_the_same_for_all_correlates_with_nothing():
    assert correlate(points([1, 1, 1], [1, 2, 3]), seed=0, name="a").rho is None
