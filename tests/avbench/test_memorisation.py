import shutil

import numpy as np
import pandas as pd
import pytest
from tiny import TINY, make_movies, register_tiny_extractors

import avbench
from avbench.errors import DataError
from pipelines.prepare import prepare
from pipelines.source import SOURCES
from pipelines.splits import parse_split
from pipelines.storage import Storage

SETTINGS = {"protocol": "avbench", "features": TINY, "samples": 8, "runs": 1, "memorisation": True}


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """Half of the generated clips are copies of training clips 0 to 3."""
    register_tiny_extractors()
    folder = tmp_path_factory.mktemp("sets")
    make_movies(folder / "real", 12, seed=1, seconds=3.2)
    make_movies(folder / "made", 4, seed=2)
    for index in range(4):
        shutil.copy(folder / "real" / f"clip{index:03d}.mp4", folder / "made" / f"copy{index}.mp4")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVBENCH_HOME", str(folder / "home"))
        evaluation = avbench.evaluate(folder / "real", folder / "made", out=folder / "results", **SETTINGS)
    clips = pd.read_parquet(evaluation.folder / "clips.parquet").set_index("source")
    return pd.read_csv(evaluation.folder / "memorisation.csv").set_index("space"), clips


def test_there_is_a_line_for_picture_sound_and_both(checked):
    summary, _ = checked
    assert list(summary.index) == ["video", "audio", "joint"]
    assert list(summary["features"]) == ["tiny_video", "tiny_audio", "tiny_video+tiny_audio"]


def test_all_windows_of_the_training_split_are_searched_whatever_the_runs_drew(checked):
    summary, _ = checked
    assert set(summary["training_windows"]) == {24}
    assert set(summary["held_out_windows"]) == {24}
    assert set(summary["held_out"]) == {"other source videos"}
    assert set(summary["generated_windows"]) == {12}


@pytest.mark.parametrize("space", ["video", "audio", "joint"])
def test_copies_are_nearer_than_any_held_out_clip_and_name_their_originals(checked, space):
    _, clips = checked
    for index in range(4):
        copy = clips.loc[f"copy{index}.mp4"]
        assert copy[f"nearest_{space}_key"].startswith(f"clip{index:03d}")
        assert copy[f"nearest_{space}_distance"] == pytest.approx(0, abs=1e-6)
        assert copy[f"held_out_nearer_{space}"] == 0


def test_the_share_tells_of_the_copies(checked):
    summary, _ = checked
    assert (summary["share_nearest_5_percent"] >= 8 / 12).all()
    assert (summary["share_nearer"] > 0.7).all()


def test_another_split_is_what_is_held_out(tmp_path, checked):
    make_movies(tmp_path / "movies", 12, seed=1)
    storage = Storage(clip_seconds=None)
    harvest = SOURCES["folder"](tmp_path / "movies", split=parse_split("train=.5,test=.5"))
    prepare(harvest, tmp_path / "real", name="real", storage=storage, workers=1)
    made = make_movies(tmp_path / "made", 4, seed=2)
    evaluation = avbench.evaluate(tmp_path / "real", made, out=tmp_path / "results", **SETTINGS)
    summary = pd.read_csv(evaluation.folder / "memorisation.csv")
    assert set(summary["held_out"]) == {"test"}
    assert (summary["training_windows"] + summary["held_out_windows"]).tolist() == [12, 12, 12]


def test_a_single_video_has_no_baseline(tmp_path, checked):
    real = make_movies(tmp_path / "real", 1, seconds=6.4)
    with pytest.raises(DataError, match="one source video"):
        avbench.evaluate(real, make_movies(tmp_path / "made", 3), out=tmp_path / "results", **SETTINGS)


def test_no_check_leaves_no_table(tmp_path, checked):
    real, made = make_movies(tmp_path / "real", 4), make_movies(tmp_path / "made", 3)
    for asked in (True, False):
        settings = SETTINGS | {"memorisation": asked}
        folder = avbench.evaluate(real, made, out=tmp_path / "results", **settings).folder
        assert (folder / "memorisation.csv").exists() == asked
        columns = pd.read_parquet(folder / "clips.parquet").columns
        assert ("nearest_joint_key" in columns) == asked
        assert np.isin("nearest_video[tiny_video]", columns)
