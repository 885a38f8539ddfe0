"""Toloka's TSV of assignments: one row a task, `INPUT:` and `OUTPUT:` fields named as in tidy answers."""

from reports.study.ingest import values
from reports.study.ingest.records import AnswerFile, RawVote, Submission
from reports.study.ingest.table import AnswerTable

_NEEDED = ("INPUT:study_id", "INPUT:clip_id", "INPUT:task", "OUTPUT:answer", "ASSIGNMENT:worker_id")


def recognises(table: AnswerTable) -> bool:
    """Whether this is an export of Toloka."""
    return "ASSIGNMENT:assignment_id" in table.columns


def read(table: AnswerTable) -> AnswerFile:
    """One submission for each row that a person answered; rows that only carry a task's known solution have no worker.

    Raises:
        DataError: a column is missing.
    """
    table.require(*_NEEDED)
    rows = [(number, row) for number, row in enumerate(table.rows, start=2) if row["ASSIGNMENT:worker_id"].strip()]
    return AnswerFile(kind="toloka", submissions=tuple(_submission(number, row) for number, row in rows))


def _submission(number: int, row: dict[str, str]) -> Submission:
    clip, task = row["INPUT:clip_id"].strip(), row["INPUT:task"].strip()
    time = row.get("ASSIGNMENT:submitted") or row.get("ASSIGNMENT:started") or ""
    vote = RawVote(
        column="OUTPUT:answer",
        clip_id=clip,
        task=task,
        answer=row["OUTPUT:answer"],
        seconds=values.number(row.get("OUTPUT:seconds", "")),
        plays=values.count(row.get("OUTPUT:plays", "")),
        position=None,
    )
    return Submission(
        row=number,
        submission_id=f"{row['ASSIGNMENT:assignment_id'].strip()}/{task}:{clip}",
        rater=row["ASSIGNMENT:worker_id"].strip(),
        study_id=row["INPUT:study_id"].strip(),
        rejected=row.get("ASSIGNMENT:status", "").strip().upper() == "REJECTED",
        consent=row["OUTPUT:consent"].strip().lower() if "OUTPUT:consent" in row else None,
        audio_check=row["OUTPUT:audio_check"].strip().lower() if "OUTPUT:audio_check" in row else None,
        submitted=values.iso_time(time),
        page_id=row.get("INPUT:page_id", "").strip(),
        votes=(vote,),
    )
