import json
from fractions import Fraction

import numpy as np
import pytest
from typer.testing import CliRunner

from avbench.cli.prepare import app
from avbench.errors import DataError, TooManyFailuresError, UsageError
from avbench.media.encode import write_movie


@pytest.fixture
def videos(tmp_path, monkeypatch):
    """A workspace with a folder of two videos."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "videos").mkdir()
    for name in "ab":
        frames = [np.full((48, 64, 3), 10 * k, np.uint8) for k in range(20)]
        sound = np.sin(np.arange(32_000) / 20, dtype=np.float32)[None] / 2
        write_movie(tmp_path / "videos" / f"{name}.mp4", frames, Fraction(10), sound, 16_000)
    return tmp_path / "videos"


def avbench(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_prepares_a_folder_into_data(videos):
    result = avbench("folder", videos, "--name", "mine", "--workers", 1)
    assert "data/mine" in result.stdout and "2 (train 2)" in result.stdout
    assert (videos.parent / "data" / "mine" / "clipset.json").is_file()


def test_says_that_a_set_was_finished_before(videos):
    avbench("folder", videos, "--workers", 1)
    assert "finished before" in avbench("folder", videos, "--workers", 1).stdout


def test_prints_json(videos):
    (videos / "bad.mp4").touch()
    result = avbench("folder", videos, "--workers", 1, "--json", "--max-failures", 1)
    found = json.loads(result.stdout)
    assert (found["clips"], found["items"], found["reasons"]) == (2, 3, {"empty": 1})


def test_prints_what_there_is_before_it_complains_of_failures(videos, capsys):
    (videos / "bad.mp4").touch()
    with pytest.raises(TooManyFailuresError, match="1 of 3 items failed") as caught:
        avbench("folder", videos, "--workers", 1)
    assert caught.value.exit_code == 5
    assert (videos.parent / "data" / "videos" / "clipset.json").is_file()


def test_names_rows_and_sounds_that_belong_to_no_video(videos):
    (videos.parent / "m.csv").write_text("stem,prompt\na,rain\nnobody,snow\n")
    result = avbench("folder", videos, "--meta", videos.parent / "m.csv", "--workers", 1)
    assert "1 of --meta belong to no item: nobody" in result.stderr


def test_prepares_the_embedded_data_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = avbench("synthetic", "--clips", 2, "--workers", 1)
    assert "2 (train 2)" in result.stdout
    assert (tmp_path / "data" / "synthetic" / "clipset.json").is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--fps", "fast"), '--fps "fast" is not a number'),
        (("--clip-seconds", "0"), "too short"),
        (("--split", "train=2"), "--split"),
        (("--name", "a/b"), "--out"),
        (("--audio", "nowhere"), "does not exist"),
        (("--meta", "nowhere.csv"), "does not exist"),
    ],
)
def test_refuses_options_that_make_no_sense(videos, options, message):
    with pytest.raises(UsageError, match=message):
        avbench("folder", videos, *options)
    assert not (videos.parent / "data").exists()


def test_says_that_the_folder_does_not_exist(tmp_path):
    with pytest.raises(UsageError, match="nowhere does not exist"):
        avbench("folder", tmp_path / "nowhere")


def test_says_that_there_is_no_video(tmp_path):
    with pytest.raises(DataError, match="no video or sound in it"):
        avbench("folder", tmp_path)
