"""The list of what was wrong with the answers: where, what stood there, why it matters and what it did."""

from dataclasses import astuple, dataclass, fields
from typing import Literal

Reason = Literal[
    # of a file or a row
    "missing_column",
    "other_study",
    "duplicate_assignment",
    "rejected",
    "no_consent",
    "audio_check_failed",
    # of a vote
    "unknown_clip",
    "practice",
    "wrong_task_for_clip",
    "not_played",
    "missing",
    "invalid",
    "duplicate_vote",
    # of a question about a clip
    "too_many_votes",
    "too_few_votes",
    # of a person
    "code_without_answers",
    "answers_without_code",
]
Effect = Literal["row dropped", "vote dropped", "noted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One line of `defects.csv`. It holds no platform's id of a person."""

    file: str  # the name under which the input is kept
    row: int | None
    column: str
    value: str
    reason: str
    effect: Effect
    rater_id: str = ""  # pseudonym
    task: str = ""
    clip_id: str = ""

    def cells(self) -> tuple[object, ...]:
        """In the order of `COLUMNS`."""
        return astuple(self)


COLUMNS = tuple(field.name for field in fields(Defect))
