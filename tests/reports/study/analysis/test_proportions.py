"""Wilson's and Newcombe's intervals, against statsmodels and the paper's arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from reports.study.analysis.proportions import newcombe, wilson

_COUNTS = st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(_COUNTS)
def test_wilson_equals_statsmodels(counts):
    passes, n = counts
    assert wilson(passes / n, n) == pytest.approx(proportion_confint(passes, n, method="wilson"), abs=1e-12)


@given(_COUNTS)
def test_wilson_stays_within_bounds_and_holds_the_share(counts):
    low, high = wilson(counts[0] / counts[1], counts[1])
    assert -1e-12 <= low <= counts[0] / counts[1] + 1e-12 and counts[0] / counts[1] - 1e-12 <= high <= 1 + 1e-12


@given(_COUNTS, _COUNTS)
def test_newcombe_equals_statsmodels(a, b):
    expected = confint_proportions_2indep(a[0], a[1], b[0], b[1], method="newcomb", compare="diff")
    assert newcombe(a[0] / a[1], a[1], b[0] / b[1], b[1]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("percent", "low", "high"), [(84.9, 83.4, 86.2), (49.6, 47.6, 51.5), (92.5, 91.4, 93.4), (84.7, 83.2, 86.0)]
)
def test_the_papers_pass_rates_from_2500_votes(percent, low, high):
    # 84.7 and 84.9 are rounded shares of 2,500 votes, whence the slack of half a step.
    assert [100 * bound for bound in wilson(percent / 100, 2500)] == pytest.approx([low, high], abs=0.11)
