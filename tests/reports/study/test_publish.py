"""What a finished study gives away, and what it keeps."""

import csv
from pathlib import Path

import pytest
from golden_study import GOLDEN, golden_folder

from avbench.errors import DataError, UsageError
from reports.study.ingest.ingest import ingest
from reports.study.publish import publish


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = golden_folder(tmp_path_factory.mktemp("studies") / "golden")
    ingest(folder, [GOLDEN / "answers.csv"])
    return folder


def test_votes_key_and_design_can_be_given_away(study, tmp_path):
    assert publish(study, tmp_path / "out") == 662
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"study.json", "votes.csv", "key.csv", "gold.csv", "ingest.json", "README.md"}


def test_nothing_leads_to_a_person(study, tmp_path):
    publish(study, tmp_path / "out")
    with (GOLDEN / "answers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    kept = {row["WorkerId"] for row in rows} | {row["AssignmentId"] for row in rows}
    kept |= {row["Answer.comment"] for row in rows if row["Answer.comment"]}
    kept.add((study / "private" / "secret").read_text().strip())
    for path in (tmp_path / "out").iterdir():
        assert not [secret for secret in kept if secret in path.read_text()], path


def test_a_folder_that_would_mix_with_other_files_is_refused(study, tmp_path):
    with pytest.raises(UsageError, match="lies inside the study"):
        publish(study, study / "public")
    (tmp_path / "old.csv").write_text("")
    with pytest.raises(UsageError, match="holds files already"):
        publish(study, tmp_path)


def test_a_rater_without_a_pseudonym_is_not_given_away(tmp_path):
    folder = golden_folder(tmp_path / "study")
    ingest(folder, [GOLDEN / "answers.csv"])
    votes = folder / "ingested" / "votes.csv"
    lines = votes.read_text().splitlines()
    cells = lines[1].split(",")
    cells[2] = "A4KJJ0UQ08MQL8"
    votes.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n")
    with pytest.raises(DataError, match="1 votes have raters without a pseudonym"):
        publish(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()
