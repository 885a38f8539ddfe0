"""Taking files into a study: nothing is lost, nothing counts twice, and nobody is named outside `private/`."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from golden_study import EXPECTED, GOLDEN, golden_folder

from avbench.errors import DataError, UsageError
from reports.study.ingest.ingest import ingest, read_ingested
from reports.study.vote import Vote


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that took the golden download."""
    folder = golden_folder(tmp_path_factory.mktemp("golden") / "study")
    ingest(folder, [GOLDEN / "answers.csv"])
    return folder


@pytest.fixture
def study(once: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copytree(once, tmp_path / "study"))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_same_file_again_changes_no_byte(study):
    before = contents(study)
    done = ingest(study, [GOLDEN / "answers.csv"])
    assert done.known == (GOLDEN / "answers.csv",)
    assert contents(study) == before


def test_a_newer_download_replaces_rows_and_keeps_the_old_file(study, tmp_path):
    newer = tmp_path / "newer.csv"
    newer.write_text((GOLDEN / "answers.csv").read_text().replace('"Submitted"', '"Rejected"'))
    done = ingest(study, [newer])
    assert len(list((study / "private" / "inputs").glob("*/*.csv"))) == 2
    assert done.judged.rows["duplicate_assignment"] == EXPECTED["rows"]["duplicate_assignment"] + 68
    assert done.judged.rows["rejected"] > EXPECTED["rows"]["rejected"]


def test_counts_in_the_record_add_up(once):
    counts = json.loads((once / "ingested" / "ingest.json").read_text())
    assert counts["rows"] == EXPECTED["rows"]
    fates = [counts["votes_in_dropped_rows"], counts["votes_dropped"], counts["votes_valid"]]
    assert sum(sum(fate.values()) for fate in fates) == counts["votes_in"]


def test_no_platform_id_leaves_the_private_folder(once):
    people = {row["WorkerId"] for row in table(GOLDEN / "answers.csv")}
    for name, data in contents(once).items():
        if not name.startswith("private"):
            assert not [person for person in people if person in data.decode()], name
    lookup = {row["platform_id"]: row["rater_id"] for row in table(once / "private" / "raters.csv")}
    assert set(read_ingested(once)["rater_id"]) == set(lookup.values())


def test_comments_stay_private(once):
    comments = [row["comment"] for row in table(once / "private" / "comments.csv")]
    assert "line one\nline two, with comma" in comments
    assert not [name for name, data in contents(once / "ingested").items() if b"line one" in data]


def test_cells_that_a_spreadsheet_would_run_are_escaped(study, tmp_path):
    evil = tmp_path / "evil.csv"
    evil.write_text(
        "study_id,task_id,rater_id,clip_id,task,answer,seconds,timestamp\n"
        "demo-2024-10,x,anna,99c44ad910cb,video_quality,=1+1,5,2025-01-01T00:00:00Z\n"
    )
    ingest(study, [evil])
    assert "'=1+1" in [row["value"] for row in table(study / "ingested" / "defects.csv")]


def test_republish_lists_what_is_missing(once):
    rows = table(once / "ingested" / "republish.csv")
    rating = read_ingested(once).merge(pd_key(), on="clip_id")
    counts = rating[rating["kind"] == "rating"].groupby("task_id").size()
    assert {f"{row['task']}:{row['clip_id']}": 5 - int(row["votes_missing"]) for row in rows} == dict(
        counts[counts < 5]
    )


def pd_key():
    import pandas as pd

    return pd.read_csv(GOLDEN / "key.csv")[["clip_id", "kind"]]


def test_review_approves_what_was_done_as_asked(once):
    rows = table(once / "private" / "review.csv")
    waiting = [row for row in table(GOLDEN / "answers.csv") if row["AssignmentStatus"] == "Submitted"]
    assert {row["AssignmentId"] for row in rows} <= {row["AssignmentId"] for row in waiting}
    assert rows and all(row["Approve"] == "X" and not row["Reject"] for row in rows)


def test_review_rejects_only_for_unmet_instructions(study, tmp_path):
    rows = [row for row in table(GOLDEN / "answers.csv") if row["AssignmentStatus"] == "Submitted"]
    unplayed = {f"Answer.p{item}": "0" for item in range(1, 12)}
    broken = {f"Answer.q{item}": "not_loaded" for item in range(1, 12)}
    changed = [
        rows[0] | {"AssignmentId": "deaf", "Answer.audio_check": "fail"},
        rows[0] | {"AssignmentId": "unplayed"} | unplayed,
        rows[0] | {"AssignmentId": "broken"} | unplayed | broken,
        rows[0] | {"AssignmentId": "unwilling", "Answer.consent": ""},
    ]
    path = tmp_path / "more.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(changed)
    ingest(study, [path])
    review = {row["AssignmentId"]: row for row in table(study / "private" / "review.csv")}
    assert "audio check" in review["deaf"]["Reject"]
    assert "played" in review["unplayed"]["Reject"]
    assert review["broken"]["Approve"] == review["unwilling"]["Approve"] == "X"


def test_votes_of_the_studys_own_server_are_read_where_they_lie(tmp_path):
    folder = golden_folder(tmp_path / "study")
    (folder / "private" / "answers").mkdir(parents=True)
    vote = Vote(
        study_id="demo-2024-10",
        task_id="video_quality:99c44ad910cb",
        rater_id="anna",
        clip_id="99c44ad910cb",
        task="video_quality",
        answer="4",
        seconds=5.0,
        plays=1,
        timestamp="2026-01-31T12:00:00Z",
        consent="yes",
        audio_check="pass",
        page_id="mos-vi-000",
        position=1,
    )
    (folder / "private" / "answers" / "votes.jsonl").write_text(vote.to_json() + "\n")
    assert ingest(folder).judged.votes_valid["rating"] == 1
    assert not (folder / "private" / "inputs").exists()


def test_strict_refuses_defects_and_writes_nothing(tmp_path):
    folder = golden_folder(tmp_path / "study")
    before = contents(folder)
    with pytest.raises(DataError, match="--strict, and there are .* defects .*duplicate_vote.*the first: rejected in"):
        ingest(folder, [GOLDEN / "answers.csv"], strict=True)
    after = contents(folder)
    after.pop("private/.lock")
    assert after == before


def test_another_studys_file_is_refused(study, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text((GOLDEN / "answers.csv").read_text().replace("demo-2024-10", "somebody-elses"))
    before = contents(study)
    with pytest.raises(DataError, match='answers to the study "somebody-elses", not to "demo-2024-10"'):
        ingest(study, [other])
    assert contents(study) == before


def test_one_damaged_file_keeps_the_others_out_too(tmp_path):
    folder = golden_folder(tmp_path / "study")
    (tmp_path / "cut.csv").write_bytes((GOLDEN / "answers.csv").read_bytes()[:20_000])
    with pytest.raises(DataError, match="damaged"):
        ingest(folder, [GOLDEN / "answers.csv", tmp_path / "cut.csv"])
    assert not (folder / "private" / "inputs").exists()


def test_without_answers_there_is_nothing_to_do(tmp_path):
    with pytest.raises(UsageError, match="no answers yet"):
        ingest(golden_folder(tmp_path / "study"))


@pytest.mark.parametrize("name", ["key.csv", "gold.csv", "secret"])
def test_a_missing_private_file_is_one_clear_error(tmp_path, name):
    folder = golden_folder(tmp_path / "study")
    (folder / "private" / name).unlink()
    with pytest.raises(DataError, match=f"{name} is missing.*[Rr]estore it from a copy"):
        ingest(folder, [GOLDEN / "answers.csv"])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text + text.splitlines()[1] + "\n", "stands there more than once"),
        (lambda text: text.replace("demo-2024-10", "other"), 'the key of the study "other"'),
        (lambda text: text.replace(",rating", ",odd", 1), 'no kind "odd"'),
        (lambda text: text.replace("method", "model", 1), "wanted rows with the columns"),
        (lambda text: "\n".join(text.splitlines()[:20]), "clip.s. of the study's pages are not in it"),
    ],
)
def test_a_wrong_key_is_one_clear_error(tmp_path, change, told):
    folder = golden_folder(tmp_path / "study")
    key = folder / "private" / "key.csv"
    key.write_text(change(key.read_text()))
    with pytest.raises(DataError, match=told):
        ingest(folder, [GOLDEN / "answers.csv"])


def test_published_hits_are_kept_for_the_next_download(tmp_path):
    folder = golden_folder(tmp_path / "study")
    rows = [row for row in table(GOLDEN / "answers.csv") if row["Input.study_id"] == "demo-2024-10"]
    hits = tmp_path / "hits.csv"
    hits.write_text(
        "HITId,page_id\n" + "".join(f"{h},{p}\n" for h, p in {(r["HITId"], r["Input.page_id"]) for r in rows})
    )
    bare = [{name: cell for name, cell in row.items() if not name.startswith("Input.")} for row in rows]
    for name, part in (("one.csv", bare[:30]), ("two.csv", bare[30:])):
        with (tmp_path / name).open("w", newline="") as file:
            writer = csv.DictWriter(file, part[0])
            writer.writeheader()
            writer.writerows(part)
    ingest(folder, [tmp_path / "one.csv"], published=hits)
    done = ingest(folder, [tmp_path / "two.csv"])
    assert done.judged.rows["used"] == EXPECTED["rows"]["used"]
