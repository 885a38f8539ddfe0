import json
import shutil

import pytest
from typer.testing import CliRunner

from avbench.cli.prepare import app
from avbench.errors import DataError, UsageError
from pipelines.folder import folder
from pipelines.prepare import prepare
from pipelines.storage import Storage


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs `avbench prepare`; errors come out as they are."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def leaking(tmp_path, clips):
    """One clip, for training and for testing."""
    for split in ("train", "test"):
        (tmp_path / "videos" / split).mkdir(parents=True)
        shutil.copy(clips / "dog_a.mp4", tmp_path / "videos" / split / f"{split}ing.mp4")
    return tmp_path / "videos"


def test_audit_lists_what_connects_the_splits(run, leaking, tmp_path):
    result = run("audit", leaking, "--json")
    assert [leak["kind"] for leak in json.loads(result.stdout)["leaks"]] == ["picture", "sound"]
    assert (tmp_path / "results" / "audit" / "videos.csv").read_text().count("\n") == 3


def test_strict_refuses_after_listing(run, leaking, tmp_path):
    with pytest.raises(DataError, match="its splits are not apart"):
        run("audit", leaking, "--strict")
    assert (tmp_path / "results" / "audit" / "videos.csv").is_file()


def test_audit_writes_nothing_among_the_users_videos(run, leaking):
    with pytest.raises(UsageError, match="where nothing is written"):
        run("audit", leaking, "--out", leaking / "audit.csv")


def test_quality_writes_a_page_and_tables(run, tmp_path, leaking):
    prepare(folder(leaking), tmp_path / "set", name="set", storage=Storage(), workers=1)
    run("quality", tmp_path / "set")
    assert {path.name for path in (tmp_path / "results" / "quality" / "set").iterdir()} == {
        "quality.html",
        "quality.csv",
        "classes.csv",
        "dataset_statistics.csv",
    }


def test_quality_wants_a_prepared_set(run, leaking):
    with pytest.raises(UsageError, match="is not a prepared clip set"):
        run("quality", leaking)
