"""Clips and raters drawn again."""

import numpy as np
import pandas as pd
import pytest

from reports.study.analysis.bootstrap import crossed_bootstrap
from reports.study.analysis.twoway import two_way


@pytest.fixture
def votes() -> pd.DataFrame:
    generator = np.random.default_rng(3)
    clips, raters = 60, 40
    of_clip, of_rater = generator.normal(size=clips), 0.5 * generator.normal(size=raters)
    rows = [
        (clip, rater, of_clip[clip] + of_rater[rater] + generator.normal())
        for clip in range(clips)
        for rater in generator.choice(raters, 5, replace=False)
    ]
    return pd.DataFrame(rows, columns=["clip", "rater", "value"])


def test_one_seed_gives_one_interval(votes):
    def interval(seed: int):
        return crossed_bootstrap(
            votes["value"].to_numpy(), votes["clip"], votes["rater"], seed=seed, name="a", draws=200
        )

    assert interval(1) == interval(1) != interval(2)


def test_is_about_as_wide_as_the_formula(votes):
    value = votes["value"].to_numpy()
    formula = two_way(value, votes["clip"], votes["rater"])
    drawn = crossed_bootstrap(value, votes["clip"], votes["rater"], seed=0, name="a")
    assert formula is not None and drawn is not None
    assert (drawn[1] - drawn[0]) / (2 * 1.96 * formula.variance**0.5) == pytest.approx(1, abs=0.25)
    assert drawn[0] < value.mean() < drawn[1]


def test_few_raters_whose_draws_miss_all_votes_are_passed_over():
    clips, raters = pd.Series([0, 1]), pd.Series([0, 1])
    low, high = crossed_bootstrap(np.array([1.0, 5.0]), clips, raters, seed=0, name="a", draws=100) or (0, 0)
    assert (low, high) == (1.0, 5.0)


def test_one_rater_tells_nothing(votes):
    assert crossed_bootstrap(votes["value"].to_numpy(), votes["clip"], votes["clip"] * 0, seed=0, name="a") is None
