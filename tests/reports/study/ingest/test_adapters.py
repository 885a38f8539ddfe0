"""Own page, Toloka, Label Studio, Prolific and tidy CSV: one vote in every spelling."""

import csv
import json
from pathlib import Path

import pytest

from avbench.errors import DataError, UsageError
from reports.study.ingest.adapters import read_answers
from reports.study.ingest.records import RawVote
from reports.study.vote import EXPORT_FORMAT, FIELDS, Vote, checksum

_VOTE = Vote(
    study_id="s",
    task_id="video_quality:0123456789ab",
    rater_id="anna",
    clip_id="0123456789ab",
    task="video_quality",
    answer="4",
    seconds=7.5,
    plays=2,
    timestamp="2026-01-31T12:00:00Z",
    consent="yes",
    audio_check="pass",
    page_id="p1",
    position=3,
)


def export(path: Path, **changed: object) -> Path:
    records = [json.loads(_VOTE.to_json())]
    document = {
        "format": EXPORT_FORMAT,
        "study_id": "s",
        "rater_id": "anna",
        "platform": {},
        "finished": True,
        "comment": "",
        "count": 1,
        "sha256": checksum(records),
        "votes": records,
    }
    path.write_text(json.dumps(document | changed))
    return path


def test_the_offline_pages_json_and_csv_and_the_servers_file_hold_the_same_vote(tmp_path):
    server = tmp_path / "votes.jsonl"
    server.write_text(_VOTE.to_json() + "\n")
    table = tmp_path / "answers.csv"
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerow(json.loads(_VOTE.to_json()))
    read = [read_answers(path, "s") for path in (export(tmp_path / "answers-anna.json"), server, table)]
    votes = {file.submissions[0].votes for file in read}
    assert votes == {
        (
            RawVote(
                column="answer",
                clip_id="0123456789ab",
                task="video_quality",
                answer="4",
                seconds=7.5,
                plays=2,
                position=3,
            ),
        )
    }
    # One place on a page, so one vote, however often it is exported.
    assert len({file.submissions[0].submission_id for file in read}) == 1
    assert {(file.submissions[0].consent, file.submissions[0].rater) for file in read} == {("yes", "anna")}


def test_a_rater_from_prolific_is_the_participant(tmp_path):
    platform = {"PROLIFIC_PID": "5f0", "STUDY_ID": "x", "SESSION_ID": "6a1"}
    read = read_answers(export(tmp_path / "a.json", platform=platform, comment="nice"), "s")
    assert (read.submissions[0].rater, read.submissions[0].session) == ("5f0", "6a1")
    assert read.comments == (("5f0", "nice"),)


def test_a_changed_export_is_refused(tmp_path):
    with pytest.raises(DataError, match="it was cut or changed"):
        read_answers(export(tmp_path / "a.json", count=2), "s")


def test_the_servers_file_brings_sessions_and_comments_from_beside_it(tmp_path):
    (tmp_path / "votes.jsonl").write_text(_VOTE.to_json() + "\n")
    platform = {"PROLIFIC_PID": "5f0", "SESSION_ID": "6a1"}
    (tmp_path / "raters.jsonl").write_text(json.dumps({"rater_id": "anna", "platform": platform}) + "\n")
    (tmp_path / "comments.jsonl").write_text(json.dumps({"rater_id": "anna", "comment": "loud"}) + "\n")
    read = read_answers(tmp_path / "votes.jsonl", "s")
    assert (read.submissions[0].rater, read.submissions[0].session) == ("5f0", "6a1")
    assert read.comments == (("5f0", "loud"),)


def test_prolifics_export_tells_whom_to_keep(tmp_path):
    path = tmp_path / "prolific.csv"
    path.write_text(
        "Submission id,Participant id,Status,Completion code\n"
        "1,anna,APPROVED,CODE\n2,bert,RETURNED,\n3,carl,AWAITING REVIEW,NOCODE\n4,dora,ODD,CODE\n"
    )
    read = read_answers(path, "s")
    assert read.statuses is not None
    assert read.statuses.sessions == {
        "1": ("anna", True, True),
        "2": ("bert", False, False),
        "3": ("carl", True, False),
        "4": ("dora", True, True),
    }
    assert [(note.row, note.value) for note in read.notes] == [(5, "ODD")]


def test_toloka(tmp_path):
    path = tmp_path / "toloka.tsv"
    columns = [
        *("INPUT:study_id", "INPUT:clip_id", "INPUT:task", "OUTPUT:answer", "GOLDEN:answer"),
        *("ASSIGNMENT:assignment_id", "ASSIGNMENT:worker_id", "ASSIGNMENT:status", "ASSIGNMENT:submitted"),
    ]
    rows = [
        ("s", "c1", "turing", "real", "", "a1", "w1", "APPROVED", "2026-01-31T12:00:00.123"),
        ("s", "c2", "turing", "machine", "", "a1", "w1", "REJECTED", "2026-01-31T12:00:00.123"),
        ("s", "c3", "turing", "", "machine", "", "", "", ""),
    ]
    path.write_text("\n".join("\t".join(row) for row in (columns, *rows)) + "\n")
    first, second = read_answers(path, "s").submissions
    assert first.votes[0].answer == "real"
    assert first.submitted is not None and first.submitted.hour == 12
    assert second.rejected and second.submission_id != first.submission_id


def test_label_studio(tmp_path):
    path = tmp_path / "project.json"
    annotations = [
        {"id": 7, "completed_by": 1, "result": [{"type": "rating", "value": {"rating": 4}}], "lead_time": 5.5},
        {"id": 8, "completed_by": {"email": "b@x.org"}, "result": [{"value": {"choices": ["2"]}}]},
        {"id": 9, "completed_by": 1, "was_cancelled": True, "result": []},
    ]
    task = {"id": 1, "data": {"study_id": "s", "clip_id": "c", "task": "video_quality"}, "annotations": annotations}
    path.write_text(json.dumps([task]))
    read = read_answers(path, "s").submissions
    assert [(one.rater, one.votes[0].answer, one.votes[0].seconds) for one in read] == [
        ("1", "4", 5.5),
        ("b@x.org", "2", None),
    ]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", "x,y\n1,2\n", "of no known kind of results"),
        ("a.csv", "rater_id,clip_id,answer\n1,2,3\n", "missing_column.*study_id"),
        ("a.json", "{}", "neither an export"),
        ("a.json", "{", "not JSON"),
        ("a.json", '[{"data": {"clip_id": "c"}, "annotations": []}]', "task 1: missing_column"),
        ("a.jsonl", "{\n", "not valid JSON"),
    ],
)
def test_files_that_hold_no_answers_are_refused(tmp_path, name, text, told):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=told):
        read_answers(tmp_path / name, "s")


def test_a_file_that_does_not_exist_is_a_wrong_command(tmp_path):
    with pytest.raises(UsageError, match="no such file of results"):
        read_answers(tmp_path / "none.csv", "s")
