"""What to do on the platform next: which assignments to approve, and which questions to publish again."""

from collections import Counter
from collections.abc import Iterator, Sequence

import pandas as pd

from reports.study.ingest.records import AnswerFile, Submission
from reports.study.keyed import KeyedStudy
from reports.study.vote import NOT_LOADED

REVIEW_COLUMNS = ("HITId", "AssignmentId", "WorkerId", "Approve", "Reject")
REPUBLISH_COLUMNS = ("page_id", "clip_id", "task", "votes_missing")


def review_rows(files: Sequence[AnswerFile], study: KeyedStudy) -> Iterator[tuple[str, ...]]:
    """Mechanical Turk's offline review, for assignments that still wait for it: an X to approve, or a reason to reject.

    Only instructions that raters read beforehand count against them. Statistical screening never does: work that was
    done as asked is paid, whether or not the analysis uses it. No consent is a person's right, and paid as well.
    """
    latest = {
        submission.submission_id: submission
        for file in files
        for submission in file.submissions
        if submission.study_id == study.study_id
    }
    for submission in latest.values():
        if submission.review is not None:
            reason = _unmet(submission)
            yield *submission.review, submission.rater, "" if reason else "X", reason


def republish_rows(votes: pd.DataFrame, study: KeyedStudy) -> list[tuple[str, str, str, int]]:
    """Questions that lack votes: page, clip, task and how many are missing."""
    given = Counter(votes["task_id"])
    rows = []
    for page_id, clip, task in study.wanted.drop_duplicates(["clip_id", "task"]).itertuples(index=False):
        missing = study.votes - given[f"{task}:{clip}"]
        if missing > 0:
            rows.append((page_id, clip, task, missing))
    return rows


def _unmet(submission: Submission) -> str:
    if submission.consent != "yes":
        return ""
    if submission.audio_check != "pass":
        return "The audio check that the instructions ask for was not passed."
    loaded = [vote for vote in submission.votes if (vote.answer or "").strip().lower() != NOT_LOADED]
    if loaded and all(vote.plays == 0 for vote in loaded):
        return "No clip was played to its end, as the instructions ask."
    if loaded and not any((vote.answer or "").strip() for vote in loaded):
        return "No question was answered."
    return ""
