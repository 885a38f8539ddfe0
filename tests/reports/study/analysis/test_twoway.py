"""Two-way clustered variance of a mean, against statsmodels."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.study.analysis.twoway import two_way


def crossed(seed: int, clips: int = 12, raters: int = 8, per_clip: int = 5) -> pd.DataFrame:
    """Votes with effects of clip and rater, every clip by `per_clip` raters."""
    generator = np.random.default_rng(seed)
    of_clip, of_rater = generator.normal(size=clips), generator.normal(size=raters)
    rows = [
        (clip, rater, of_clip[clip] + of_rater[rater] + generator.normal())
        for clip in range(clips)
        for rater in generator.choice(raters, per_clip, replace=False)
    ]
    return pd.DataFrame(rows, columns=["clip", "rater", "value"])


@pytest.mark.parametrize("seed", range(5))
def test_equals_a_regression_on_a_constant_with_clusters_in_two_ways(seed):
    votes = crossed(seed)
    fit = sm.OLS(votes["value"].to_numpy(), np.ones((len(votes), 1))).fit(
        cov_type="cluster", cov_kwds={"groups": votes[["clip", "rater"]].to_numpy()}
    )
    found = two_way(votes["value"].to_numpy(), votes["clip"], votes["rater"])
    assert found is not None
    assert found.variance == pytest.approx(float(fit.bse[0]) ** 2, rel=1e-10)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_never_falls_below_either_way_alone(seed):
    votes = crossed(seed, clips=4, raters=3, per_clip=2)
    value = votes["value"].to_numpy()
    found = two_way(value, votes["clip"], votes["rater"])
    assert found is not None
    for way in ("clip", "rater"):
        sums = (votes["value"] - value.mean()).groupby(votes[way]).sum()
        alone = len(sums) / (len(sums) - 1) * float((sums**2).sum()) / len(votes) ** 2
        assert found.variance >= alone * (1 - 1e-12)


@pytest.mark.parametrize("only", ["clip", "rater"])
def test_cannot_be_told_from_one_clip_or_one_rater(only):
    votes = crossed(0).drop_duplicates("rater" if only == "clip" else "clip")
    votes[only] = 0
    assert two_way(votes["value"].to_numpy(), votes["clip"], votes["rater"]) is None
