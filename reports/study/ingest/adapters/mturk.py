"""Mechanical Turk's batch results: one row an assignment, `Input.*` as published, `Answer.*` as the form named them.

Columns are found by name, never by place, since `Answer.*` come in the order of text (q1, q10, q2). An answer stands in
`Answer.qN`, or, where the form had radio groups of crowd elements, in one true/false column an option (`Answer.qN.4`).
"""

import re

from avbench.errors import DataError
from reports.study.ingest import values
from reports.study.ingest.records import AnswerFile, Note, Published, RawVote, Submission
from reports.study.ingest.table import AnswerTable

_INPUT_CLIP = re.compile(r"Input\.clip_(\d+)")
_OPTION = re.compile(r"Answer\.(q\d+)\.(.+)")
_STATUSES = {"submitted", "approved", "rejected"}


def recognises(table: AnswerTable) -> bool:
    """Whether these are results of Mechanical Turk, by the site or by its interface for programs."""
    return "HITId" in table.columns and any(name.startswith("Answer.") for name in table.columns)


def read(table: AnswerTable, study_id: str, published: Published | None) -> AnswerFile:
    """One submission for each row.

    Args:
        table: the results.
        study_id: the study that `published` belongs to.
        published: the published HITs, for results without `Input` columns.

    Raises:
        DataError: a column is missing without which no row can be read, or there are no `Input` columns and a HIT is
            not in `published`.
    """
    table.require("AssignmentId", "WorkerId", "AssignmentStatus", "SubmitTime")
    joined = not any(name.startswith("Input.") for name in table.columns)
    if joined and published is None:
        raise DataError(
            f"{table.path}: the results have no Input columns, so that nobody can tell which clips were rated; "
            "name the table of published HITs (HITId, page_id) with --published, or download the results from the site"
        )
    if not joined:
        table.require("Input.study_id", "Input.task")
    reader = _Reader(table, study_id, published if joined else None)
    submissions = tuple(reader.submission(number, row) for number, row in enumerate(table.rows, start=2))
    return AnswerFile(kind="mturk", submissions=submissions, notes=tuple(reader.notes))


class _Reader:
    """The state of reading one table: which columns it has, and what was noted."""

    def __init__(self, table: AnswerTable, study_id: str, published: Published | None) -> None:
        self.path = table.path
        self.study_id = study_id
        self.published = published
        self.columns = set(table.columns)
        self.notes: list[Note] = []
        found = (_INPUT_CLIP.fullmatch(name) for name in table.columns)
        self.clip_numbers = sorted(int(match[1]) for match in found if match)
        self.options: dict[str, list[str]] = {}
        for match in filter(None, map(_OPTION.fullmatch, table.columns)):
            self.options.setdefault(match[1], []).append(match[2])
        self._note_missing_columns()

    def submission(self, number: int, row: dict[str, str]) -> Submission:
        study_id, page_id, task, clips = self._inputs(number, row)
        submitted = values.mturk_time(row["SubmitTime"]) or values.iso_time(row["SubmitTime"])
        if submitted is None:
            self._note(number, "SubmitTime", row["SubmitTime"], "invalid")
        status = row["AssignmentStatus"].strip().lower()
        if status not in _STATUSES:
            self._note(number, "AssignmentStatus", row["AssignmentStatus"], "invalid")
        work_seconds = values.number(row.get("WorkTimeInSeconds", ""))
        shared = None if work_seconds is None or not clips else work_seconds / len(clips)
        return Submission(
            row=number,
            submission_id=row["AssignmentId"].strip(),
            rater=row["WorkerId"].strip(),
            study_id=study_id,
            rejected=status == "rejected",
            consent=row.get("Answer.consent", "").strip().lower(),
            audio_check=row.get("Answer.audio_check", "").strip().lower(),
            submitted=submitted,
            page_id=page_id,
            comment=row.get("Answer.comment", ""),
            review=(row["HITId"], row["AssignmentId"].strip()) if status == "submitted" else None,
            votes=tuple(self._vote(number, row, item, clip, task, shared) for item, clip in clips),
        )

    def _inputs(self, number: int, row: dict[str, str]) -> tuple[str, str, str, list[tuple[int, str]]]:
        """Study, page, task, and the page's clips with their numbers."""
        if self.published is None:
            numbered = [(item, row[f"Input.clip_{item}"].strip()) for item in self.clip_numbers]
            clips = [(item, clip) for item, clip in numbered if clip]
            return row["Input.study_id"].strip(), row.get("Input.page_id", ""), row["Input.task"].strip(), clips
        hit = row["HITId"].strip()
        if hit not in self.published:
            raise DataError(f"{self.path}, row {number}: the HIT {hit} is not in the table of published HITs")
        page_id, task, clip_ids = self.published[hit]
        return self.study_id, page_id, task, list(enumerate(clip_ids, start=1))

    def _vote(
        self, number: int, row: dict[str, str], item: int, clip: str, task: str, shared_seconds: float | None
    ) -> RawVote:
        # The whole page's time includes pauses, and serves only where the layout measured none.
        seconds = self._number(number, row, f"Answer.s{item}")
        plays = self._number(number, row, f"Answer.p{item}")
        return RawVote(
            column=f"Answer.q{item}",
            clip_id=clip,
            task=task,
            answer=self._answer(row, f"q{item}"),
            seconds=shared_seconds if f"Answer.s{item}" not in self.columns else seconds,
            plays=None if plays is None else int(plays),
            position=item,
        )

    def _answer(self, row: dict[str, str], question: str) -> str | None:
        if f"Answer.{question}" in self.columns:
            return row[f"Answer.{question}"]
        if question not in self.options:
            return None
        chosen = [option for option in self.options[question] if _true(row[f"Answer.{question}.{option}"])]
        # Two options of one group cannot both be chosen: kept as they are, such an answer is off every scale.
        return "+".join(chosen)

    def _number(self, number: int, row: dict[str, str], column: str) -> float | None:
        cell = row.get(column, "")
        value = values.number(cell)
        if value is None and cell.strip():
            self._note(number, column, cell, "invalid")
        return value

    def _note_missing_columns(self) -> None:
        items = self.clip_numbers if self.published is None else []
        wanted = ["Answer.consent", "Answer.audio_check"]
        wanted += [f"Answer.{letter}{item}" for letter in "qps" for item in items]
        for column in wanted:
            if column not in self.columns and column.removeprefix("Answer.") not in self.options:
                self.notes.append(Note(row=None, column=column, value="", reason="missing_column"))

    def _note(self, row: int, column: str, value: str, reason: str) -> None:
        self.notes.append(Note(row=row, column=column, value=value, reason=reason))


def _true(cell: str) -> bool:
    return cell.strip().lower() == "true"
