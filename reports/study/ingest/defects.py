"""The list of what was wrong with the answers: where, what stood there, why it matters and what it did.

Reasons that drop rows and votes are those of `rules`. Noted, and dropping nothing by themselves, are `missing_column`,
`invalid` (a time, a number or a status that cannot be read), `too_many_votes` and `too_few_votes` of a question,
`code_without_answers` and `answers_without_code` of a person from Prolific.
"""

from dataclasses import astuple, dataclass, fields
from typing import Literal

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
