"""`avbench study ingest` and `report` from the command line."""

from pathlib import Path

import pytest
from golden_study import GOLDEN, golden_folder
from typer.testing import CliRunner

from avbench.cli.study import app
from avbench.errors import AvbenchError, DataError, UsageError

_WIDE = {"COLUMNS": "200"}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return golden_folder(tmp_path / "study")


def run(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], env=_WIDE)
    if result.exception is not None and isinstance(result.exception, AvbenchError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_from_a_download_to_the_tables(study):
    told = run("ingest", study, GOLDEN / "answers.csv")
    assert "duplicate_vote" in told and "47 questions lack votes" in told
    shown = run("report", study, "--draws", 0)
    assert "Table 5. Mean opinion scores" in shown and "3.84" in shown
    assert (study / "report" / "table6.tex").is_file()


def test_strict_ends_with_the_code_of_bad_data(study):
    with pytest.raises(DataError, match="--strict"):
        run("ingest", study, GOLDEN / "answers.csv", "--strict")


def test_a_name_for_a_method_needs_both_sides(study):
    with pytest.raises(UsageError, match='--called "ours"'):
        run("report", study, "--called", "ours")
