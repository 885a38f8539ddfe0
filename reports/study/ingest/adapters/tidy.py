"""Tidy CSV, one row a vote: anybody's way in, and also what our own page exports as CSV (with more columns)."""

from reports.study.ingest import values
from reports.study.ingest.records import AnswerFile, Note, RawVote, Submission
from reports.study.ingest.table import AnswerTable

COLUMNS = ("study_id", "task_id", "rater_id", "clip_id", "task", "answer", "seconds", "timestamp")


def recognises(table: AnswerTable) -> bool:
    """Whether the table holds votes, a column or two perhaps missing."""
    return {"rater_id", "clip_id", "answer"} <= set(table.columns)


def read(table: AnswerTable) -> AnswerFile:
    """One submission for each row. Consent, audio check and plays count where the table has columns for them.

    Raises:
        DataError: one of `COLUMNS` is missing.
    """
    table.require(*COLUMNS)
    notes: list[Note] = []
    submissions = tuple(_submission(number, row, notes) for number, row in enumerate(table.rows, start=2))
    return AnswerFile(kind="tidy", submissions=submissions, notes=tuple(notes))


def _submission(number: int, row: dict[str, str], notes: list[Note]) -> Submission:
    row = {name: cell.strip() for name, cell in row.items()}
    submitted = values.iso_time(row["timestamp"])
    seconds = values.number(row["seconds"])
    plays = values.count(row["plays"]) if "plays" in row else None
    unreadable = {"timestamp": submitted is None, "seconds": seconds is None, "plays": plays is None}
    for column, wrong in unreadable.items():
        if wrong and row.get(column):
            notes.append(Note(row=number, column=column, value=row[column], reason="invalid"))
    vote = RawVote(
        column="answer",
        clip_id=row["clip_id"],
        task=row["task"],
        answer=row["answer"],
        seconds=seconds,
        plays=plays,
        position=values.count(row.get("position", "")),
    )
    return Submission(
        row=number,
        submission_id=_identity(row),
        rater=row["rater_id"],
        study_id=row["study_id"],
        consent=row["consent"].lower() if "consent" in row else None,
        audio_check=row["audio_check"].lower() if "audio_check" in row else None,
        submitted=submitted,
        page_id=row.get("page_id", ""),
        votes=(vote,),
    )


def _identity(row: dict[str, str]) -> str:
    """What makes a row the same vote again: its place on a page, as in the JSON export, else its question and time."""
    if row.get("page_id") and row.get("position"):
        return "/".join((row["rater_id"], row["page_id"], row["position"]))
    return "/".join((row["rater_id"], row["task"], row["clip_id"], row["timestamp"]))
