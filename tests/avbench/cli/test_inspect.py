import json
from fractions import Fraction

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from avbench.cli.inspect import inspect
from avbench.errors import UsageError
from avbench.media.encode import write_movie


@pytest.fixture
def videos(tmp_path, monkeypatch):
    """A workspace with a folder of two videos."""
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        frames = [np.full((48, 64, 3), 10 * k, np.uint8) for k in range(20)]
        sound = np.sin(np.arange(32_000) / 20, dtype=np.float32)[None] / 2
        write_movie(tmp_path / "videos" / f"{name}.mp4", frames, Fraction(10), sound, 16_000)
    return tmp_path / "videos"


def avbench(*arguments):
    app = typer.Typer()
    app.command()(inspect)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_prints_what_is_in_a_folder(videos):
    result = avbench(videos)
    assert "2 from 2 sources" in result.stdout
    assert "64x48" in result.stdout


def test_draws_a_contact_sheet_into_results_and_not_into_the_folder(videos):
    before = sorted(videos.rglob("*"))
    result = avbench(videos)
    sheet = videos.parent / "results" / "inspect" / "videos.png"
    assert sheet.read_bytes().startswith(b"\x89PNG")
    assert "contact sheet: results/inspect/videos.png" in result.stderr
    assert sorted(videos.rglob("*")) == before


def test_the_contact_sheet_goes_where_it_is_told(videos):
    avbench(videos, "--out", "elsewhere/sheet.png", "--clips", 1)
    assert (videos.parent / "elsewhere" / "sheet.png").is_file()
    assert not (videos.parent / "results").exists()


def test_without_clips_no_sheet_is_drawn(videos):
    avbench(videos, "--clips", 0)
    assert not (videos.parent / "results").exists()


@pytest.mark.parametrize("out", ["videos/sheet.png", "videos/new/sheet.png"])
def test_refuses_to_write_into_the_inspected_folder(videos, out):
    with pytest.raises(UsageError, match="--out"):
        avbench(videos, "--out", out)


def test_inspecting_the_current_folder_writes_nothing_into_it(videos, monkeypatch):
    monkeypatch.chdir(videos)
    with pytest.raises(UsageError, match="--clips 0"):
        avbench(".")
    assert not (videos / "results").exists()


def test_json_is_all_there_is_on_standard_output(videos):
    told = json.loads(avbench(videos, "--json").stdout)
    assert told["clips"] == 2
    assert told["spreads"]["sample rate"]["median"] == 16_000
