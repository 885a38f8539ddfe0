"""Prolific's export of submissions: no answers, but who was kept. Answers come from our own page."""

from reports.study.ingest.records import AnswerFile, Note, Statuses
from reports.study.ingest.table import AnswerTable

_KEPT = {"APPROVED", "AWAITING REVIEW", "AWAITING_REVIEW"}
_DROPPED = {"RETURNED", "TIMED-OUT", "TIMED_OUT", "REJECTED", "SCREENED OUT", "SCREENED_OUT"}


def recognises(table: AnswerTable) -> bool:
    """Whether this is the export of a Prolific study's submissions."""
    return {"Submission id", "Participant id", "Status"} <= set(table.columns)


def read(table: AnswerTable) -> AnswerFile:
    """Statuses by session (Prolific's submission id). A status that is not known is noted, and its people are kept."""
    sessions, notes = {}, []
    for number, row in enumerate(table.rows, start=2):
        status = row["Status"].strip().upper()
        if status not in _KEPT | _DROPPED:
            notes.append(Note(row=number, column="Status", value=row["Status"], reason="invalid"))
        code = row.get("Completion code", "").strip().upper()
        coded = code not in ("", "NOCODE")
        sessions[row["Submission id"].strip()] = (row["Participant id"].strip(), status not in _DROPPED, coded)
    return AnswerFile(kind="prolific", notes=tuple(notes), statuses=Statuses(sessions=sessions))
