"""`avbench study ingest`, `report` and `publish`: options, what is printed, exit codes."""

from pathlib import Path

import pytest
from golden_study import GOLDEN, golden_folder


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return golden_folder(tmp_path / "studies" / "golden")


def test_from_a_download_to_the_tables_and_to_the_public(avbench, study, tmp_path):
    code, out, err = avbench("study", "ingest", study, GOLDEN / "answers.csv")
    assert code == 0 and "duplicate_vote" in out and "47 questions lack votes" in out
    assert "kept as 0001.mturk" in err
    code, out, _ = avbench("study", "report", study, "--draws", 0)
    assert code == 0 and "Table 5. Mean opinion scores" in out and "3.84" in out
    assert (study / "report" / "table6.tex").is_file()
    code, out, err = avbench("study", "publish", study, "--out", "public")
    assert code == 0 and "662 votes" in out and "not blind" in err
    assert (tmp_path / "public" / "key.csv").is_file()


def test_a_file_that_is_known_is_said_to_be(avbench, study):
    avbench("study", "ingest", study, GOLDEN / "answers.csv")
    code, _, err = avbench("study", "ingest", study, GOLDEN / "answers.csv")
    assert code == 0 and "answers.csv: known already" in err


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["ingest", "{study}", "absent.csv"], 2, "there is no such file of results"),
        (["ingest", "absent"], 2, "study.json does not exist"),
        (["ingest", "{study}"], 2, "no answers yet"),
        (["ingest", "{study}", "{golden}", "--strict"], 4, "--strict"),
        (["ingest", "{study}", "{golden}", "--published", "absent.csv"], 2, "no such table of published HITs"),
        (["report", "{study}"], 2, "avbench study ingest"),
        (["report", "{study}", "{study}"], 2, "named twice"),
        (["report", "{study}", "--called", "ours"], 2, "--called"),
        (["publish", "{study}", "--out", "public"], 2, "avbench study ingest"),
    ],
)
def test_wrong_commands_end_with_one_message_and_their_code(avbench, study, words, code, told):
    filled = [word.format(study=study, golden=GOLDEN / "answers.csv") for word in words]
    found, out, err = avbench("study", *filled)
    assert found == code and told in err
    assert "Traceback" not in out + err
