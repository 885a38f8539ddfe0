"""The worked example: every row and vote of a Mechanical Turk download ends where its README says."""

import csv
from collections import Counter

import pandas as pd
import pytest
from golden_study import EXPECTED, GOLDEN, STUDY_ID, keyed

from reports.study.ingest.adapters import read_answers
from reports.study.ingest.rules import TIDY_COLUMNS, Judged, judge


@pytest.fixture(scope="module", params=["answers.csv", "answers_crowd.csv"])
def download(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def judged(download: str) -> Judged:
    return judge([(download, read_answers(GOLDEN / download, STUDY_ID))], keyed())


def test_rows_are_used_or_dropped_for_their_first_reason(judged):
    assert judged.rows == EXPECTED["rows"]


def test_votes_are_dropped_for_their_first_reason(judged, download):
    expected = dict(EXPECTED["votes_dropped"])
    if download == "answers_crowd.csv":
        # An answer off the scale leaves all options of a radio group false.
        expected["missing"] += expected.pop("invalid")
    assert judged.votes_dropped == expected


def test_the_valid_votes_are_those_of_the_tidy_file(judged):
    assert judged.votes_valid == EXPECTED["votes_valid"]
    tidy = pd.read_csv(GOLDEN / "tidy.csv", dtype={name: str for name in TIDY_COLUMNS if name != "seconds"})
    pd.testing.assert_frame_equal(judged.votes[list(TIDY_COLUMNS)], tidy, check_dtype=False)


def test_every_vote_that_came_in_is_accounted_for_once(judged):
    assert judged.votes_in == EXPECTED["rows_in_file"] * 11
    fates = [judged.votes_in_dropped_rows, judged.votes_dropped, judged.votes_valid]
    assert sum(sum(fate.values()) for fate in fates) == judged.votes_in


def test_every_dropped_row_and_vote_is_listed_with_its_place(judged):
    listed = Counter(defect.reason for defect in judged.defects if defect.effect != "noted")
    rows = {reason: count for reason, count in judged.rows.items() if reason != "used"}
    assert listed == Counter(rows) + Counter(judged.votes_dropped)
    assert all(defect.row and defect.column for defect in judged.defects if defect.effect != "noted")


def test_a_listed_place_is_where_a_spreadsheet_shows_the_value(judged, download):
    with (GOLDEN / download).open(newline="") as file:
        rows = list(csv.DictReader(file))
    for defect in judged.defects:
        if defect.reason in ("invalid", "missing") and download == "answers.csv":
            assert rows[defect.row - 2][defect.column] == defect.value


def test_questions_with_too_few_votes_are_noted(judged):
    few = {(defect.task, defect.clip_id) for defect in judged.defects if defect.reason == "too_few_votes"}
    rating = judged.votes[judged.votes["clip_id"].map(keyed().kinds) == "rating"]
    counts = rating.groupby(["task", "clip_id"]).size()
    assert few == set(counts[counts < 5].index)
