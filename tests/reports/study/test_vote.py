import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from avbench.errors import DataError
from reports.study.vote import FIELDS, NOT_LOADED, Vote, checksum, parse_vote, read_export, read_votes

VOTE = Vote(
    study_id="study",
    task_id="av_alignment:0123456789ab",
    rater_id="anna",
    clip_id="0123456789ab",
    task="av_alignment",
    answer="4",
    seconds=7.5,
    plays=2,
    timestamp="2026-01-31T12:00:00Z",
    consent="yes",
    audio_check="pass",
    page_id="page-1",
    position=3,
)


def record(**changes: Any) -> dict[str, Any]:
    return {**json.loads(VOTE.to_json()), **changes}


def write_export(path: Path, records: list[dict[str, Any]], **changes: Any) -> Path:
    content = {
        "format": "avbench-answers-1",
        "study_id": "study",
        "rater_id": "anna",
        "platform": {},
        "finished": True,
        "comment": "",
        "count": len(records),
        "sha256": checksum(records),
        "votes": records,
    }
    path.write_text(json.dumps({**content, **changes}))
    return path


def test_a_vote_comes_back_from_its_line():
    assert parse_vote(json.loads(VOTE.to_json()), "here") == VOTE
    assert tuple(json.loads(VOTE.to_json())) == FIELDS


def test_a_whole_number_of_seconds_is_a_number_of_seconds():
    assert parse_vote(record(seconds=7), "here").seconds == 7.0


def test_a_clip_that_does_not_load_needs_no_score():
    assert parse_vote(record(answer=NOT_LOADED, plays=0), "here").answer == NOT_LOADED


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"answer": "0"}, "answer '0' is not one of 1, 2, 3, 4, 5"),
        ({"answer": "real"}, "answer 'real' is not one of"),
        ({"answer": 4}, "answer is 4, wanted str"),
        ({"task": "smell", "task_id": "smell:0123456789ab"}, "there is no task 'smell'"),
        ({"task_id": "av_alignment:other"}, "task_id is"),
        ({"rater_id": "=cmd()"}, "rater '=cmd()' is not"),
        ({"rater_id": ""}, "rater '' is not"),
        ({"seconds": -1.0}, "wanted finite numbers"),
        ({"seconds": float("inf")}, "wanted finite numbers"),
        ({"plays": 1.5}, "plays is 1.5, wanted int"),
        ({"position": 0}, "wanted finite numbers"),
        ({"timestamp": "31.1.2026 12:00"}, "wanted UTC like"),
        ({"method": "ours"}, "missing or unknown: method"),
    ],
)
def test_names_what_is_wrong_with_a_vote_and_where(changes, told):
    with pytest.raises(DataError) as raised:
        parse_vote(record(**changes), "votes.jsonl, line 7")
    assert str(raised.value).startswith("votes.jsonl, line 7: ")
    assert told in str(raised.value)


def test_a_vote_that_is_no_object_is_refused():
    with pytest.raises(DataError, match="a vote is a JSON object, this is list"):
        parse_vote([], "here")


def test_reads_an_export(tmp_path):
    export = read_export(write_export(tmp_path / "answers.json", [record(), record(position=4, seconds=3)]))
    assert export.votes == (VOTE, replace(VOTE, position=4, seconds=3.0))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"count": 2}, "count or checksum"),
        ({"votes": [record(answer="5")]}, "count or checksum"),
        ({"votes": []}, "count or checksum"),
        ({"votes": None}, "no list of votes"),
        ({"rater_id": "ben"}, "vote 1 is of rater anna"),
        ({"study_id": "other"}, "vote 1 is of rater anna in study study, the file of anna in other"),
        ({"format": "else"}, "not an export of answers"),
    ],
)
def test_refuses_an_export_that_was_cut_or_changed(tmp_path, changes, told):
    path = write_export(tmp_path / "answers.json", [record()], **changes)
    with pytest.raises(DataError, match=told):
        read_export(path)


def test_refuses_a_file_that_was_cut_off(tmp_path):
    path = write_export(tmp_path / "answers.json", [record()])
    path.write_text(path.read_text()[:-20])
    with pytest.raises(DataError, match="not valid JSON"):
        read_export(path)


def test_passes_over_a_last_line_that_a_kill_cut_off(tmp_path):
    path = tmp_path / "votes.jsonl"
    path.write_text(VOTE.to_json() + "\n" + VOTE.to_json()[:40])
    assert read_votes(path) == [VOTE]


def test_a_damaged_line_before_the_last_is_named(tmp_path):
    path = tmp_path / "votes.jsonl"
    path.write_text(VOTE.to_json()[:40] + "\n" + VOTE.to_json() + "\n")
    with pytest.raises(DataError, match="line 1: not valid JSON"):
        read_votes(path)
