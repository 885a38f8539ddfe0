"""Drift over a session."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from reports.study.analysis.position import drifts


def session(slope: float, raters: int = 6, votes: int = 20) -> pd.DataFrame:
    generator = np.random.default_rng(1)
    rows = [
        (
            *(
                "landscape",
                "video_quality",
                "ours" if (place + rater) % 2 else "real",
                f"r{rater}",
                f"p{place // 10:02d}",
            ),
            *(f"2025-01-01T00:{place // 10:02d}:00Z", place % 10 + 1, 3 + slope * place / 10 + generator.normal()),
        )
        for rater in range(raters)
        for place in range(votes)
    ]
    columns = ["dataset", "task", "method", "rater_id", "page_id", "timestamp", "position", "score"]
    return pd.DataFrame(rows, columns=columns).sample(frac=1, random_state=0)


def test_finds_the_slope_per_ten_votes():
    (found,) = drifts(session(0.8))
    assert found.low is not None and found.high is not None
    assert found.low < 0.8 < found.high and found.low > 0


def test_its_error_is_that_of_a_regression_clustered_by_rater():
    votes = session(0.3)
    (found,) = drifts(votes)
    votes = votes.sort_values(["rater_id", "timestamp", "position"])
    place = votes.groupby("rater_id").cumcount() / 10
    residual = votes["score"] - votes.groupby("method")["score"].transform("mean")
    codes = pd.factorize(votes["rater_id"])[0]
    fit = sm.OLS(residual.to_numpy(), (place - place.mean()).to_numpy()[:, None]).fit(
        cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False}
    )
    half = (found.high - found.low) / 2  # type: ignore[operator]
    assert found.slope == pytest.approx(float(fit.params[0]))
    assert half == pytest.approx(float(fit.bse[0]) * np.sqrt(6 / 5) * 2.5705818, rel=1e-6)


def test_one_vote_a_rater_has_no_order():
    (found,) = drifts(session(0.0, votes=1))
    assert (found.slope, found.low) == (None, None)
