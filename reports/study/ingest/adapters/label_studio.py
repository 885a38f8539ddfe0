"""Label Studio's JSON export: a list of tasks, each with `data` (study_id, clip_id, task) and annotations."""

from pathlib import Path
from typing import Any

from avbench.errors import DataError
from reports.study.ingest import values
from reports.study.ingest.records import AnswerFile, RawVote, Submission


def recognises(document: Any) -> bool:
    """Whether a JSON document is Label Studio's list of annotated tasks."""
    return (
        isinstance(document, list)
        and len(document) > 0
        and all(isinstance(task, dict) and "data" in task and "annotations" in task for task in document)
    )


def read(path: Path, document: Any) -> AnswerFile:
    """One submission for each annotation that was not skipped. Its answer is its first rating or choice.

    Raises:
        DataError: a task does not name its study, clip and question.
    """
    submissions = []
    for number, task in enumerate(document, start=1):
        data = task["data"]
        if not isinstance(data, dict) or not {"study_id", "clip_id", "task"} <= set(data):
            raise DataError(f"{path}, task {number}: missing_column: its data lacks study_id, clip_id or task")
        kept = [annotation for annotation in task["annotations"] if not annotation.get("was_cancelled")]
        submissions += [_submission(number, data, annotation) for annotation in kept]
    return AnswerFile(kind="label-studio", submissions=tuple(submissions))


def _submission(number: int, data: dict[str, Any], annotation: dict[str, Any]) -> Submission:
    person = annotation.get("completed_by")
    rater = person.get("email") or person.get("id") if isinstance(person, dict) else person
    vote = RawVote(
        column="annotations.result",
        clip_id=str(data["clip_id"]),
        task=str(data["task"]),
        answer=_answer(annotation.get("result") or []),
        seconds=values.number(str(annotation.get("lead_time", ""))),
        plays=None,
        position=None,
    )
    return Submission(
        row=number,
        submission_id=str(annotation.get("id")),
        rater=str(rater),
        study_id=str(data["study_id"]),
        submitted=values.iso_time(str(annotation.get("created_at", ""))),
        page_id=str(data.get("page_id", "")),
        votes=(vote,),
    )


def _answer(result: list[dict[str, Any]]) -> str:
    for part in result:
        value = part.get("value") or {}
        if "rating" in value:
            return str(value["rating"])
        if choices := value.get("choices"):
            return str(choices[0])
    return ""
