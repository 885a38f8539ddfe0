"""The rules by which answers become votes: every row, then every vote, is used or dropped for the first reason.

Rows: other_study, duplicate_assignment, rejected, no_consent, audio_check_failed. Votes of used rows: unknown_clip,
practice, wrong_task_for_clip, not_played, missing_column, missing, invalid. Last, duplicate_vote: one rater, one
question about one clip, several rating votes; the earliest is kept. Gold answers are never taken for duplicates of each
other, since a gold clip stands on several pages.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd

from reports.study.ingest import values
from reports.study.ingest.defects import Defect
from reports.study.ingest.prolific import SessionCheck
from reports.study.ingest.records import AnswerFile, RawVote, Submission
from reports.study.keyed import KeyedStudy
from reports.study.privacy import pseudonym
from reports.study.vote import MOS_TASKS, TURING_TASK, answers_to

TIDY_COLUMNS = ("study_id", "task_id", "rater_id", "clip_id", "task", "answer", "seconds", "timestamp")
VOTE_COLUMNS = (*TIDY_COLUMNS, "page_id", "position", "plays")
_NEVER = datetime.max.replace(tzinfo=UTC)  # a vote whose time is unreadable comes after all others


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of the answers."""

    votes: pd.DataFrame  # the valid ones, gold among them, as VOTE_COLUMNS; sorted by question, time and rater
    defects: tuple[Defect, ...]
    rows: dict[str, int]  # rows by fate: used, or the reason
    votes_in_dropped_rows: dict[str, int]  # votes by the reason of their row
    votes_dropped: dict[str, int]  # votes of used rows by reason
    votes_valid: dict[str, int]  # rating, gold
    votes_in: int  # all votes of all files
    raters: dict[str, str]  # platform's id -> pseudonym, of all who gave a valid vote: private


@dataclass(frozen=True, slots=True)
class _Row:
    """A submission, where it came from, and why it is dropped, if it is."""

    file: str
    submission: Submission
    reason: str | None
    value: str = ""

    @property
    def time(self) -> datetime:
        return self.submission.submitted or _NEVER


@dataclass(frozen=True, slots=True)
class _Vote:
    row: _Row
    raw: RawVote
    rater_id: str
    answer: str
    kind: str  # rating or gold


def judge(files: Sequence[tuple[str, AnswerFile]], study: KeyedStudy) -> Judged:
    """Apply the rules to answers, in the order in which they were ingested.

    Args:
        files: names of inputs and what adapters read from them. Of two rows with one submission id the later one
            counts, since a status may change between downloads.
        study: the study with its key.
    """
    notes = [
        Defect(file=name, row=note.row, column=note.column, value=note.value, reason=note.reason, effect="noted")
        for name, file in files
        for note in file.notes
    ]
    sessions = SessionCheck.of(file.statuses for _, file in files if file.statuses)
    rows = _judged_rows(files, study, sessions)
    used = [row for row in rows if row.reason is None]
    valid, wrong = _judged_votes(used, study)
    kept, repeated = _without_duplicates(valid)
    unmatched = sessions.unmatched([row.submission for row in used], study.secret)
    lost = Counter[str]()
    for row in rows:
        if row.reason is not None:
            lost[row.reason] += len(row.submission.votes)
    dropped = Counter(defect.reason for defect in (*wrong, *repeated))
    votes_in = sum(len(row.submission.votes) for row in rows)
    accounted = lost.total() + dropped.total() + len(kept)
    assert accounted == votes_in, f"{votes_in} votes came in, {accounted} are accounted for"
    dropped_rows = (_row_defect(row, study) for row in rows if row.reason is not None)
    return Judged(
        votes=_table(kept, study),
        defects=(*notes, *dropped_rows, *wrong, *repeated, *_counted(kept, study), *unmatched),
        rows=dict(sorted(Counter(row.reason or "used" for row in rows).items())),
        votes_in_dropped_rows=dict(sorted((+lost).items())),
        votes_dropped=dict(sorted(dropped.items())),
        votes_valid={kind: sum(vote.kind == kind for vote in kept) for kind in ("rating", "gold")},
        votes_in=votes_in,
        raters={vote.row.submission.rater: vote.rater_id for vote in kept},
    )


def _judged_rows(files: Sequence[tuple[str, AnswerFile]], study: KeyedStudy, sessions: SessionCheck) -> list[_Row]:
    places = [(name, submission) for name, file in files for submission in file.submissions]
    ours = {
        submission.submission_id: (name, submission.row)
        for name, submission in places
        if submission.study_id == study.study_id
    }  # the last place of each id
    rows = []
    for name, submission in places:
        if submission.study_id != study.study_id:
            row = _Row(name, submission, "other_study", submission.study_id)
        elif (last := ours[submission.submission_id]) != (name, submission.row):
            row = _Row(name, submission, "duplicate_assignment", f"kept: {last[0]}, row {last[1]}")
        elif submission.rejected or not sessions.keeps(submission):
            row = _Row(name, submission, "rejected")
        elif submission.consent is not None and submission.consent != "yes":
            row = _Row(name, submission, "no_consent", submission.consent)
        elif submission.audio_check is not None and submission.audio_check != "pass":
            row = _Row(name, submission, "audio_check_failed", submission.audio_check)
        else:
            row = _Row(name, submission, None)
        rows.append(row)
    return rows


def _row_defect(row: _Row, study: KeyedStudy) -> Defect:
    columns = {
        "other_study": "study_id",
        "duplicate_assignment": "submission",
        "rejected": "status",
        "no_consent": "consent",
        "audio_check_failed": "audio_check",
    }
    return Defect(
        file=row.file,
        row=row.submission.row,
        column=columns[row.reason or ""],
        value=row.value,
        reason=row.reason or "",
        effect="row dropped",
        rater_id=pseudonym(study.secret, row.submission.rater),
    )


def _judged_votes(rows: Sequence[_Row], study: KeyedStudy) -> tuple[list[_Vote], list[Defect]]:
    """The valid votes of used rows, and what is wrong with the others."""
    valid, wrong = [], []
    for row in rows:
        rater_id = pseudonym(study.secret, row.submission.rater)
        for raw in row.submission.votes:
            answer = values.answer(raw.answer or "")
            vote = _Vote(row, raw, rater_id, answer, study.kinds.get(raw.clip_id, ""))
            if (reason := _wrong(vote, study)) is None:
                valid.append(vote)
                continue
            told = {"unknown_clip": raw.clip_id, "wrong_task_for_clip": raw.task}
            wrong.append(_vote_defect(vote, reason, told.get(reason, raw.answer or "")))
    return valid, wrong


def _wrong(vote: _Vote, study: KeyedStudy) -> str | None:
    """The first reason for which a vote is dropped."""
    raw = vote.raw
    if not vote.kind:
        return "unknown_clip"
    if vote.kind == "practice":
        return "practice"
    if not _asks(study, raw):
        return "wrong_task_for_clip"
    if raw.plays == 0:
        return "not_played"
    if raw.answer is None:
        return "missing_column"
    if not vote.answer:
        return "missing"
    return None if vote.answer in answers_to(raw.task) else "invalid"


def _asks(study: KeyedStudy, raw: RawVote) -> bool:
    if study.kinds[raw.clip_id] == "gold":
        return (raw.clip_id, raw.task) in study.gold
    return raw.task in {"mos": MOS_TASKS, "turing": (TURING_TASK,)}.get(study.parts[raw.clip_id], ())


def _vote_defect(vote: _Vote, reason: str, value: str) -> Defect:
    return Defect(
        file=vote.row.file,
        row=vote.row.submission.row,
        column=vote.raw.column,
        value=value,
        reason=reason,
        effect="vote dropped",
        rater_id=vote.rater_id,
        task=vote.raw.task,
        clip_id=vote.raw.clip_id,
    )


def _without_duplicates(votes: Sequence[_Vote]) -> tuple[list[_Vote], list[Defect]]:
    """The votes without a rater's later answers to a question, and those."""
    answered = set()
    kept, repeated = [], []
    for vote in sorted(votes, key=lambda vote: (vote.row.time, vote.row.submission.submission_id)):
        question = (vote.rater_id, vote.raw.task, vote.raw.clip_id)
        if vote.kind == "rating" and question in answered:
            repeated.append(_vote_defect(vote, "duplicate_vote", vote.answer))
        else:
            answered.add(question)
            kept.append(vote)
    return kept, repeated


def _counted(votes: Sequence[_Vote], study: KeyedStudy) -> Iterator[Defect]:
    """Questions with more or fewer votes than wanted. All are used: one too many is no worse than the others."""
    counts = Counter((vote.raw.task, vote.raw.clip_id) for vote in votes if vote.kind == "rating")
    wanted = {(task, clip) for clip, task in study.wanted[["clip_id", "task"]].itertuples(index=False)}
    for task, clip in sorted(wanted | set(counts)):
        count = counts[task, clip]
        if count != study.votes:
            reason = "too_many_votes" if count > study.votes else "too_few_votes"
            value = f"{count} of {study.votes}"
            yield Defect(
                file="", row=None, column="", value=value, reason=reason, effect="noted", task=task, clip_id=clip
            )


def _table(votes: Sequence[_Vote], study: KeyedStudy) -> pd.DataFrame:
    rows = []
    for vote in votes:
        raw, submission = vote.raw, vote.row.submission
        time = "" if submission.submitted is None else submission.submitted.strftime("%Y-%m-%dT%H:%M:%SZ")
        question = (study.study_id, f"{raw.task}:{raw.clip_id}", vote.rater_id, raw.clip_id, raw.task)
        rows.append((*question, vote.answer, raw.seconds, time, submission.page_id, raw.position, raw.plays))
    table = pd.DataFrame(rows, columns=list(VOTE_COLUMNS))
    table = table.astype({"seconds": "float64", "position": "Int64", "plays": "Int64"})
    return table.sort_values(["task_id", "timestamp", "rater_id", "page_id"], kind="stable", ignore_index=True)
