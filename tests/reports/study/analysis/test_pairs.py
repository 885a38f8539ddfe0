"""Tests between methods: which test, against scipy, and Holm's correction against statsmodels."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from reports.study.analysis.pairs import cliffs_delta, holm, mark, pair_tests


def votes_of(scores: dict[str, dict[str, list[float]]]) -> pd.DataFrame:
    """Votes of method -> source -> scores, in one task."""
    rows = [
        ("landscape", "video_quality", method, f"{method}-{source}", source, score)
        for method, sources in scores.items()
        for source, given_scores in sources.items()
        for score in given_scores
    ]
    return pd.DataFrame(rows, columns=["dataset", "task", "method", "clip_id", "source_id", "score"])


def key_of(votes: pd.DataFrame) -> pd.DataFrame:
    return votes[["clip_id", "dataset", "method", "source_id"]].drop_duplicates()


_OURS = {str(source): [score, score + 1] for source, score in enumerate([3.0, 2.0, 4.0, 3.0, 2.5, 1.0, 3.5, 2.0])}
_SHIFTED = {source: [score - 0.2 * (int(source) + 1) for score in scores] for source, scores in _OURS.items()}


@pytest.mark.parametrize("count", [1, 2, 3, 6, 12])
def test_holm_equals_statsmodels(count):
    p_values = list(np.round(np.random.default_rng(count).uniform(0, 0.3, count), 1))  # with ties
    assert holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]))


def test_methods_that_show_the_same_sources_are_compared_source_by_source():
    votes = votes_of({"a": _OURS, "b": _SHIFTED})
    (test,) = pair_tests(votes.drop(columns="source_id"), key_of(votes))
    differences = [np.mean(_OURS[source]) - np.mean(_SHIFTED[source]) for source in _OURS]
    assert (test.test, test.n_a) == ("wilcoxon", 8)
    assert test.p == pytest.approx(stats.wilcoxon(differences).pvalue)
    assert test.welch_p is None


def test_methods_that_show_other_sources_are_compared_as_groups():
    votes = votes_of({"a": _OURS, "b": {f"x{source}": scores for source, scores in _SHIFTED.items()}})
    (test,) = pair_tests(votes, key_of(votes))
    a, b = ([float(np.mean(scores)) for scores in method.values()] for method in (_OURS, _SHIFTED))
    assert test.test == "mann-whitney"
    assert test.p == pytest.approx(stats.mannwhitneyu(a, b, method="asymptotic").pvalue)
    assert test.welch_p == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue)


def test_a_source_that_lost_its_votes_leaves_the_others_paired():
    votes = votes_of({"a": _OURS, "b": _SHIFTED})
    (test,) = pair_tests(votes[votes["clip_id"] != "b-3"].drop(columns="source_id"), key_of(votes))
    assert (test.test, test.n_a, test.n_b) == ("wilcoxon", 7, 7)


def test_a_focus_is_compared_with_each_other_method_only():
    votes = votes_of({"a": _OURS, "b": _SHIFTED, "c": {"9": [1.0]}})
    found = [(test.a, test.b) for test in pair_tests(votes, key_of(votes), "b")]
    assert found == [("b", "a"), ("b", "c")]
    assert len(pair_tests(votes, key_of(votes))) == 3


def test_equal_votes_give_no_p_value_and_no_error():
    votes = votes_of({"a": {"1": [3.0], "2": [3.0]}, "b": {"3": [3.0], "4": [3.0]}, "c": {"1": [3.0], "2": [3.0]}})
    for test in pair_tests(votes, key_of(votes)):
        assert (test.mark, test.cliffs_delta, test.welch_p) == ("ns", 0.0, None)
        assert test.p is None or test.p == pytest.approx(1)


def test_cliffs_delta_is_the_difference_of_two_probabilities():
    assert cliffs_delta(np.array([1.0, 2.0]), np.array([0.0, 1.0, 3.0])) == pytest.approx(3 / 6 - 2 / 6)


@pytest.mark.parametrize(("p", "stars"), [(0.0009, "***"), (0.001, "**"), (0.01, "*"), (0.05, "ns"), (None, "ns")])
def test_stars_begin_below_their_limit(p, stars):
    assert mark(p) == stars
