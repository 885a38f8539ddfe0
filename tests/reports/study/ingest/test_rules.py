"""Which row and which vote is used, and why another is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.study.ingest.records import AnswerFile, RawVote, Statuses, Submission
from reports.study.ingest.rules import judge
from reports.study.keyed import KEY_COLUMNS, KeyedStudy
from reports.study.study import Screening

_START = datetime(2025, 1, 1, tzinfo=UTC)
_KEY = [
    ("aaa", "s", "mos", "landscape", "ours", "1", "rating"),
    ("bbb", "s", "mos", "landscape", "real", "2", "rating"),
    ("ttt", "s", "turing", "landscape", "ours", "1", "rating"),
    ("ggg", "s", "mos", "landscape", "real", "3", "gold"),
    ("ppp", "s", "mos", "landscape", "real", "4", "practice"),
]
STUDY = KeyedStudy(
    study_id="s",
    votes=2,
    pages={"page": ("video_quality", ("aaa", "ggg", "bbb"))},
    key=pd.DataFrame(_KEY, columns=list(KEY_COLUMNS)),
    gold={("ggg", "video_quality"): frozenset({"5"})},
    secret=None,
    screening=Screening(),
    clip_seconds=1.6,
)


def vote(clip: str = "aaa", answer: str | None = "4", task: str = "video_quality", plays: int | None = 1) -> RawVote:
    return RawVote(column="q", clip_id=clip, task=task, answer=answer, seconds=5.0, plays=plays, position=1)


def handed_in(*votes: RawVote, name: str = "one", rater: str = "anna", minute: int = 0, **known: object) -> Submission:
    told = {"study_id": "s", "consent": "yes", "audio_check": "pass", "row": 2} | known
    submitted = _START + timedelta(minutes=minute)
    return Submission(submission_id=name, rater=rater, submitted=submitted, votes=votes or (vote(),), **told)  # type: ignore[arg-type]


def judged(*submissions: Submission, statuses: Statuses | None = None):
    numbered = tuple(replace(submission, row=row) for row, submission in enumerate(submissions, start=2))
    return judge([("f", AnswerFile(kind="test", submissions=numbered, statuses=statuses))], STUDY)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"study_id": "other", "rejected": True}, "other_study"),
        ({"rejected": True, "consent": ""}, "rejected"),
        ({"consent": "", "audio_check": "fail"}, "no_consent"),
        ({"audio_check": "fail"}, "audio_check_failed"),
    ],
)
def test_a_row_is_dropped_for_the_first_reason_that_fits(wrong, reason):
    assert judged(handed_in(**wrong)).rows == {reason: 1}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (vote("zzz", plays=0), "unknown_clip"),
        (vote("ppp", plays=0), "practice"),
        (vote("ttt", plays=0), "wrong_task_for_clip"),
        (vote("aaa", task="turing"), "wrong_task_for_clip"),
        (vote("ggg", task="audio_quality"), "wrong_task_for_clip"),
        (vote("aaa", task="beauty"), "wrong_task_for_clip"),
        (vote(answer="", plays=0), "not_played"),
        (vote(answer=None), "missing_column"),
        (vote(answer=" "), "missing"),
        (vote(answer="7"), "invalid"),
        (vote(answer="4.5"), "invalid"),
        (vote(answer="real"), "invalid"),
    ],
)
def test_a_vote_is_dropped_for_the_first_reason_that_fits(raw, reason):
    found = judged(handed_in(raw))
    assert found.votes_dropped == {reason: 1}
    assert [d.reason for d in found.defects if d.effect == "vote dropped"] == [reason]


def test_plays_that_were_not_recorded_drop_nothing():
    assert judged(handed_in(vote(plays=None))).votes_valid["rating"] == 1


def test_of_a_row_that_comes_again_the_last_counts():
    found = judged(handed_in(vote(answer="1")), handed_in(vote(answer="2")))
    assert found.rows == {"duplicate_assignment": 1, "used": 1}
    assert list(found.votes["answer"]) == ["2"]


def test_a_status_that_changed_between_downloads_counts_as_in_the_later_one():
    found = judged(handed_in(), handed_in(rejected=True))
    assert found.rows == {"duplicate_assignment": 1, "rejected": 1}


def test_of_two_answers_to_one_question_the_earlier_counts_wherever_it_stands():
    late, early = handed_in(vote(answer="1"), name="x", minute=9), handed_in(vote(answer="5"), name="y", minute=3)
    found = judged(late, early)
    assert list(found.votes["answer"]) == ["5"]
    assert found.votes_dropped == {"duplicate_vote": 1}


def test_answers_of_one_moment_are_told_apart_by_their_id():
    found = judged(handed_in(vote(answer="1"), name="b"), handed_in(vote(answer="5"), name="a"))
    assert list(found.votes["answer"]) == ["5"]


def test_gold_answers_are_never_duplicates_of_each_other():
    found = judged(handed_in(vote("ggg"), name="a"), handed_in(vote("ggg"), name="b"))
    assert found.votes_valid == {"rating": 0, "gold": 2}


def test_more_votes_than_wanted_are_noted_and_used():
    found = judged(*(handed_in(name=name, rater=name) for name in "abc"))
    many = [(d.clip_id, d.value) for d in found.defects if d.reason == "too_many_votes"]
    assert many == [("aaa", "3 of 2")]
    assert found.votes_valid["rating"] == 3


def test_prolifics_returned_people_are_dropped_and_unmatched_ones_told():
    statuses = Statuses(sessions={"s1": ("anna", True, True), "s2": ("bert", False, False), "s3": ("carl", True, True)})
    found = judged(
        handed_in(name="a", rater="anna", session="s1"),
        handed_in(name="b", rater="bert"),
        handed_in(name="d", rater="dora"),
        statuses=statuses,
    )
    assert found.rows == {"rejected": 1, "used": 2}
    told = {(d.reason, d.rater_id) for d in found.defects if d.reason.endswith(("answers", "code"))}
    assert told == {("code_without_answers", "carl"), ("answers_without_code", "dora")}


_VOTES = st.builds(
    vote,
    clip=st.sampled_from(["aaa", "bbb", "ttt", "ggg", "ppp", "zzz"]),
    answer=st.sampled_from(["1", "5.0", " 3 ", "", "9", "real", None]),
    task=st.sampled_from(["video_quality", "audio_quality", "turing"]),
    plays=st.sampled_from([0, 1, None]),
)
_SUBMISSIONS = st.lists(
    st.builds(
        lambda votes, name, rater, known: handed_in(*votes, name=name, rater=rater, **known),
        st.lists(_VOTES, min_size=1, max_size=4),
        st.sampled_from("abcd"),
        st.sampled_from(["anna", "bert"]),
        st.sampled_from([{}, {}, {"study_id": "o"}, {"rejected": True}, {"consent": ""}, {"audio_check": "fail"}]),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(_SUBMISSIONS)
def test_every_vote_is_used_or_has_exactly_one_reason(submissions):
    found = judged(*submissions)
    assert found.votes_in == sum(len(submission.votes) for submission in submissions)
    lost = sum(found.votes_in_dropped_rows.values()) + sum(found.votes_dropped.values())
    assert lost + sum(found.votes_valid.values()) == found.votes_in
    assert len(found.votes) == sum(found.votes_valid.values())
    rating = found.votes[found.votes["clip_id"] != "ggg"]
    assert not rating.duplicated(["rater_id", "task_id"]).any()
