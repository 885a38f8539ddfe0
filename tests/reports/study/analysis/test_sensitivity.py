"""Other treatments of odd votes and raters."""

import numpy as np
import pandas as pd
import pytest

from reports.study.analysis.sensitivity import sensitivity


def panel(raters: int, *, clips: int = 20, **odd: list[float]) -> pd.DataFrame:
    """Votes of raters who agree up to a point, and of `odd` ones."""
    generator = np.random.default_rng(0)
    truth = generator.integers(2, 5, clips)
    rows = [
        ("landscape", "ours", "video_quality", f"c{clip}", f"r{rater}", float(truth[clip] + generator.integers(-1, 2)))
        for clip in range(clips)
        for rater in range(raters)
    ]
    rows += [
        ("landscape", "ours", "video_quality", f"c{clip}", name, score)
        for name, scores in odd.items()
        for clip, score in enumerate(scores)
    ]
    return pd.DataFrame(rows, columns=["dataset", "method", "task", "clip_id", "rater_id", "score"])


def test_a_vote_far_from_its_clips_mean_is_left_out():
    votes = pd.DataFrame(
        [("landscape", "ours", "video_quality", "c", f"r{rater}", 3.0 + 0.1 * (rater % 2)) for rater in range(40)]
        + [("landscape", "ours", "video_quality", "c", "odd", 5.0)],
        columns=["dataset", "method", "task", "clip_id", "rater_id", "score"],
    )
    (found,) = sensitivity(votes)
    assert found.without_odd_votes == pytest.approx(3.05)
    assert found.plain > 3.05


def test_a_strict_raters_bias_is_taken_off():
    # The strict rater saw the second method's clips only.
    rows = [("landscape", m, "video_quality", f"{m}{c}", r, 4.0) for m in ("a", "b") for c in range(4) for r in "xy"]
    rows += [("landscape", "b", "video_quality", f"b{clip}", "strict", 1.0) for clip in range(4)]
    votes = pd.DataFrame(rows, columns=["dataset", "method", "task", "clip_id", "rater_id", "score"])
    a, b = sensitivity(votes)
    assert (a.plain, b.plain) == (4.0, 3.0)
    assert b.without_rater_bias is not None and a.without_rater_bias is not None
    assert b.without_rater_bias > b.plain


def test_a_rater_who_is_odd_in_both_directions_is_left_out_of_large_panels():
    erratic = [1.0 if clip % 2 else 5.0 for clip in range(20)]
    votes = panel(24, erratic=erratic)
    (found,) = sensitivity(votes)
    honest = votes[votes["rater_id"] != "erratic"]["score"].mean()
    assert found.without_odd_raters == pytest.approx(honest)


def test_small_panels_cannot_reject_anybody():
    (found,) = sensitivity(panel(5))
    assert found.without_odd_raters is None


def test_equal_votes_change_under_no_treatment():
    votes = panel(16).assign(score=3.0)
    (found,) = sensitivity(votes)
    assert (found.without_odd_votes, found.without_rater_bias, found.without_odd_raters) == (3.0, 3.0, 3.0)
