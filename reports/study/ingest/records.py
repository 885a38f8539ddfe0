"""What adapters make of a file of answers, whatever the platform."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

#: HIT id -> page id, task and clip ids: for Mechanical Turk results that lack their `Input` columns.
Published = Mapping[str, tuple[str, str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawVote:
    """One answer as it stands in a file, not yet judged."""

    column: str  # where the answer stands
    clip_id: str
    task: str
    answer: str | None  # None: the file has no column for it
    seconds: float | None
    plays: int | None  # complete plays; None: not recorded
    position: int | None  # on its page, from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A defect of a file or a row that drops nothing by itself."""

    row: int | None  # None: the whole file
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What one rater handed in at once: a row of a platform's results, or one vote of our own page."""

    row: int  # in its file: the header is row 1 of a table; the first element of a list is 1
    submission_id: str  # the platform's id of it; the same id again is the same submission again
    rater: str  # the platform's id: never leaves private/
    study_id: str
    rejected: bool = False  # by the requester or the platform
    consent: str | None = None  # None: settled elsewhere
    audio_check: str | None = None
    submitted: datetime | None = None  # in UTC
    page_id: str = ""
    comment: str = ""
    session: str = ""  # Prolific's, where the page was opened with one
    review: tuple[str, str] | None = None  # HIT and assignment id, where the platform waits for approval
    votes: tuple[RawVote, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statuses:
    """What Prolific tells of its submissions: session id -> (participant id, kept, completion code entered)."""

    sessions: Mapping[str, tuple[str, bool, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFile:
    """A file of answers, read."""

    kind: str  # the adapter's name
    submissions: tuple[Submission, ...] = ()
    notes: tuple[Note, ...] = ()
    statuses: Statuses | None = None
    comments: tuple[tuple[str, str], ...] = ()  # (rater, text) beside those of submissions
