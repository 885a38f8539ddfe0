"""A vote: one rater's answer to one question about one clip, as our own pages and server record it.

The server appends one vote a line (JSON) to `private/answers/votes.jsonl`; the offline page exports the same records,
in a file with their count and checksum (`read_export`), or as CSV with the columns `FIELDS`. Who rated is here still
what the page was told (a code, a platform's id): ingestion turns it into a pseudonym.
"""

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from avbench.errors import DataError

MOS_TASKS = ("video_quality", "audio_quality", "av_alignment")
TURING_TASK = "turing"
TASKS = (*MOS_TASKS, TURING_TASK)

SCORES = ("1", "2", "3", "4", "5")
VERDICTS = ("machine", "undetermined", "real")

#: What a rater answers who says that the clip does not load: never a score, so that no answer is made up.
NOT_LOADED = "not_loaded"

EXPORT_FORMAT = "avbench-answers-1"

#: A rater's code. It never begins with a sign that a spreadsheet would take for a formula.
RATER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

_NUMBERS: Mapping[str, tuple[type, ...]] = {"seconds": (int, float), "plays": (int,), "position": (int,)}
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def answers_to(task: str) -> tuple[str, ...]:
    """The answers on the scale of a task: 1 (bad) to 5 (good), or the three verdicts of the Turing test."""
    return VERDICTS if task == TURING_TASK else SCORES


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One answer. Field by field what is written down, in the order of the CSV's columns."""

    study_id: str
    task_id: str  # "<task>:<clip_id>"
    rater_id: str  # as the page knows the rater; not yet a pseudonym
    clip_id: str  # 12 hexadecimal digits
    task: str  # one of TASKS
    answer: str  # one of `answers_to(task)`, or NOT_LOADED
    seconds: float  # from the clip's first play to the answer, without the time the page was out of sight
    plays: int  # complete plays with sound
    timestamp: str  # when it was given, UTC: 2026-01-31T12:00:00Z
    consent: str  # "yes", else not given
    audio_check: str  # "pass" or "fail"
    page_id: str
    position: int  # on its page, from 1

    @property
    def place(self) -> tuple[str, str, int]:
        """What there is one vote for: rater, page and position. A second one for the same place is a repetition."""
        return self.rater_id, self.page_id, self.position

    def to_json(self) -> str:
        """One line of JSON, without the line's end."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, separators=(",", ":"))


FIELDS = tuple(field.name for field in dataclasses.fields(Vote))


def parse_vote(record: Any, where: str) -> Vote:
    """A vote from a JSON object, its form checked (whether study, page and clip exist is not known here).

    Args:
        record: the object.
        where: place in the file, for the message.

    Raises:
        DataError: it is no object, fields are missing, unknown or of another type, the rater's code is none, task and
            task_id do not agree, the answer is off the scale, a number is negative, or the time is not ISO 8601 UTC.
    """
    if not isinstance(record, Mapping):
        raise DataError(f"{where}: a vote is a JSON object, this is {type(record).__name__}")
    if set(record) != set(FIELDS):
        wrong = ", ".join(sorted(str(name) for name in set(record) ^ set(FIELDS)))
        raise DataError(f"{where}: a vote has the fields {', '.join(FIELDS)}; missing or unknown: {wrong}")
    for name in FIELDS:
        wanted = _NUMBERS.get(name, (str,))
        if type(record[name]) not in wanted:  # `type`, since True is an int for `isinstance`
            raise DataError(f"{where}: {name} is {record[name]!r}, wanted {wanted[-1].__name__}")
    vote = Vote(**{**record, "seconds": float(record["seconds"])})
    _check(vote, where)
    return vote


@dataclass(frozen=True, slots=True)
class Export:
    """What the offline page hands out: the votes of one rater, and what is known about how they came to be."""

    study_id: str
    rater_id: str
    platform: Mapping[str, str]  # Prolific's PROLIFIC_PID, STUDY_ID, SESSION_ID, where the page was opened with them
    finished: bool  # every page of the rater's list is done
    comment: str  # free text; kept apart from the votes, never published
    votes: tuple[Vote, ...]


def read_export(path: Path) -> Export:
    """Read `answers-<rater>.json` of the offline page.

    Raises:
        DataError: the file is not such an export, was cut or changed (count or checksum differ), or holds a vote that
            is none, of another rater, or of another study than the file names.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not valid JSON ({error}); export the answers again from the page") from error
    if not isinstance(content, dict) or content.get("format") != EXPORT_FORMAT:
        raise DataError(f'{path}: not an export of answers; it lacks "format": "{EXPORT_FORMAT}"')
    records = content.get("votes")
    if not isinstance(records, list):
        raise DataError(f"{path}: there is no list of votes")
    if content.get("count") != len(records) or content.get("sha256") != checksum(records):
        raise DataError(
            f"{path}: count or checksum of the {len(records)} votes differ from what the file says; "
            "it was cut or changed, export the answers again from the page"
        )
    votes = tuple(parse_vote(record, f"{path}: vote {number}") for number, record in enumerate(records, start=1))
    study_id, rater_id = str(content.get("study_id")), str(content.get("rater_id"))
    for number, vote in enumerate(votes, start=1):
        if (vote.study_id, vote.rater_id) != (study_id, rater_id):
            raise DataError(
                f"{path}: vote {number} is of rater {vote.rater_id} in study {vote.study_id}, "
                f"the file of {rater_id} in {study_id}"
            )
    platform = {str(name): str(value) for name, value in dict(content.get("platform") or {}).items()}
    finished, comment = bool(content.get("finished")), str(content.get("comment", ""))
    return Export(study_id, rater_id, platform, finished, comment, votes)


def checksum(records: Iterable[Mapping[str, Any]]) -> str:
    """SHA-256 of the votes as compact JSON: what the page computes over `JSON.stringify(votes)`, in hex.

    Both sides write a number in its shortest form; a whole number of seconds stays whole, as JSON has it.
    """
    text = json.dumps(list(records), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_votes(path: Path) -> list[Vote]:
    """Read the server's `votes.jsonl`.

    Raises:
        DataError: a line is no vote. A last line without its end is the trace of a kill: nobody was told that this vote
            was taken, the page sends it again, and it is passed over.
    """
    lines = path.read_bytes().split(b"\n")
    votes = []
    for number, line in enumerate(lines[:-1], start=1):
        where = f"{path}, line {number}"
        try:
            record = json.loads(line)
        except (ValueError, UnicodeDecodeError) as error:
            raise DataError(f"{where}: not valid JSON ({error})") from error
        votes.append(parse_vote(record, where))
    return votes


def _check(vote: Vote, where: str) -> None:
    if not RATER.fullmatch(vote.rater_id):
        raise DataError(f"{where}: rater {vote.rater_id!r} is not 1 to 64 letters, digits, - and _")
    if vote.task not in TASKS:
        raise DataError(f"{where}: there is no task {vote.task!r}; known: {', '.join(TASKS)}")
    if vote.task_id != f"{vote.task}:{vote.clip_id}":
        raise DataError(f"{where}: task_id is {vote.task_id!r}, wanted {vote.task}:{vote.clip_id}")
    scale = (*answers_to(vote.task), NOT_LOADED)
    if vote.answer not in scale:
        raise DataError(f"{where}: answer {vote.answer!r} is not one of {', '.join(scale)}")
    # Written so that NaN, which compares with nothing, is refused as well.
    if not 0 <= vote.seconds < float("inf") or vote.plays < 0 or vote.position < 1:
        raise DataError(
            f"{where}: seconds {vote.seconds}, plays {vote.plays}, position {vote.position}: "
            "wanted finite numbers, the first two at least 0, the last at least 1"
        )
    try:
        datetime.strptime(vote.timestamp, _TIME)
    except ValueError as error:
        raise DataError(f"{where}: timestamp {vote.timestamp!r}; wanted UTC like 2026-01-31T12:00:00Z") from error
