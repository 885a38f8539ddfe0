"""Krippendorff's alpha: the textbook's value, and where there is none."""

import pandas as pd
import pytest

from reports.study.analysis.agreement import agreements

# Krippendorff 2011, section D: four observers, twelve units, values 1 to 5 with gaps.
_TEXTBOOK = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


def scores(rows: list[list[int | None]]) -> pd.DataFrame:
    found = [
        ("landscape", "video_quality", f"c{unit}", f"r{rater}", float(value))
        for rater, row in enumerate(rows)
        for unit, value in enumerate(row)
        if value is not None
    ]
    return pd.DataFrame(found, columns=["dataset", "task", "clip_id", "rater_id", "score"])


def verdicts(*clips: list[str]) -> pd.DataFrame:
    rows = [("landscape", "turing", f"c{unit}", answer) for unit, answers in enumerate(clips) for answer in answers]
    return pd.DataFrame(rows, columns=["dataset", "task", "clip_id", "answer"])


def test_the_textbooks_ordinal_and_interval_values():
    (found,) = agreements(scores(_TEXTBOOK))
    # 0.815 is also what an early version of a known package missed (0.789).
    assert found.alpha_ordinal == pytest.approx(0.815, abs=5e-4)
    assert found.alpha_interval == pytest.approx(0.849, abs=5e-4)


def test_perfect_agreement_is_one():
    (found,) = agreements(verdicts(["real", "real"], ["machine", "machine"]))
    assert (found.alpha_nominal, found.alpha_pass) == (1.0, 1.0)


def test_equal_votes_are_no_agreement_and_no_disagreement():
    (found,) = agreements(scores([[4, 4, 4], [4, 4, 4]]))
    assert found.alpha_ordinal is None
    assert found.reason == "all votes are equal, so that chance agreement is perfect too"


def test_one_vote_a_clip_tells_nothing():
    (found,) = agreements(verdicts(["real"], ["machine"]))
    assert (found.alpha_nominal, found.reason) == (None, "no clip has two votes")


def test_verdicts_that_all_pass_agree_on_passing_only():
    (found,) = agreements(verdicts(["real", "undetermined"], ["undetermined", "real"]))
    assert found.alpha_nominal is not None and found.alpha_nominal < 0
    assert found.alpha_pass is None and found.reason
