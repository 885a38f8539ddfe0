"""Answers of our own page: the offline page's JSON export, and the file to which the server appends."""

import json
from pathlib import Path
from typing import Any

from avbench.errors import DataError
from reports.study.ingest import values
from reports.study.ingest.records import AnswerFile, RawVote, Submission
from reports.study.vote import EXPORT_FORMAT, Vote, read_export, read_votes


def recognises(document: Any) -> bool:
    """Whether a JSON document is an export of the offline page."""
    return isinstance(document, dict) and document.get("format") == EXPORT_FORMAT


def read_export_file(path: Path, document: Any) -> AnswerFile:
    """One submission for each vote of `answers-<rater>.json`.

    Raises:
        DataError: the export was cut or changed.
    """
    export = read_export(path)
    session = export.platform.get("SESSION_ID", "")
    # Opened from Prolific, a rater is the participant, whatever code the page gave.
    participant = export.platform.get("PROLIFIC_PID") or export.rater_id
    submissions = [_submission(number, vote, session, participant) for number, vote in enumerate(export.votes, start=1)]
    comments = ((participant, export.comment),) if export.comment else ()
    return AnswerFile(kind="export", submissions=tuple(submissions), comments=comments)


def read_server_file(path: Path) -> AnswerFile:
    """One submission for each line of `votes.jsonl`; sessions and comments come from the files beside it.

    Raises:
        DataError: a line is no vote.
    """
    platforms = {
        str(line.get("rater_id")): line.get("platform") or {} for line in _lines(path.with_name("raters.jsonl"))
    }

    def person(rater: str) -> str:
        return str(platforms.get(rater, {}).get("PROLIFIC_PID") or rater)

    submissions = [
        _submission(number, vote, str(platforms.get(vote.rater_id, {}).get("SESSION_ID", "")), person(vote.rater_id))
        for number, vote in enumerate(read_votes(path), start=1)
    ]
    comments = [
        (person(str(line.get("rater_id"))), str(line.get("comment", "")))
        for line in _lines(path.with_name("comments.jsonl"))
    ]
    return AnswerFile(kind="server", submissions=tuple(submissions), comments=tuple(comments))


def _submission(number: int, vote: Vote, session: str, rater: str) -> Submission:
    raw = RawVote(
        column="answer",
        clip_id=vote.clip_id,
        task=vote.task,
        answer=vote.answer,
        seconds=vote.seconds,
        plays=vote.plays,
        position=vote.position,
    )
    return Submission(
        row=number,
        # There is one vote for a place on a page; the same place again is the same vote exported again.
        submission_id="/".join(map(str, vote.place)),
        rater=rater,
        study_id=vote.study_id,
        consent=vote.consent,
        audio_check=vote.audio_check,
        submitted=values.iso_time(vote.timestamp),
        page_id=vote.page_id,
        session=session,
        votes=(raw,),
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    """Objects of a file of JSON lines; none where there is no file. A cut last line is the trace of a kill."""
    if not path.is_file():
        return []
    objects = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        try:
            objects.append(json.loads(line))
        except ValueError as error:
            raise DataError(f"{path}, line {number}: not valid JSON ({error})") from error
    return objects
