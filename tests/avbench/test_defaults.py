import os
from pathlib import Path

import pytest

from avbench.defaults import Sets, choose_sets, only_data_set
from avbench.errors import UsageError


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def data_set(name: str) -> Path:
    folder = Path("data") / name
    folder.mkdir(parents=True)
    (folder / "clipset.json").write_text("{}")
    return folder


def run(name: str, *, data: str = "", age: int = 0) -> Path:
    samples = Path("runs") / name / "samples" / "dpm-20"
    samples.mkdir(parents=True)
    (Path("runs") / name / "config.toml").write_text(f'data = "{data}"\n' if data else "")
    os.utime(samples, (1_000_000 - age, 1_000_000 - age))
    return samples


def test_the_newest_run_is_scored_against_the_data_set_it_was_trained_on():
    data_set("a"), data_set("b")
    run("older", data="data/a", age=100)
    newest = run("newer", data="data/b")
    assert choose_sets(None, None) == Sets(reference=Path("data/b"), generated=newest, method="newer")


def test_named_videos_are_scored_against_the_only_data_set():
    only = data_set("mine")
    assert choose_sets(None, Path("videos")) == Sets(reference=only, generated=Path("videos"), method="")


def test_landscape_is_chosen_among_several_data_sets():
    data_set("a")
    landscape = data_set("landscape")
    assert choose_sets(None, Path("videos")).reference == landscape


def test_several_data_sets_are_named_when_none_can_be_chosen():
    data_set("a"), data_set("b")
    with pytest.raises(UsageError, match=r"several data sets \(a, b\); name one with --reference"):
        choose_sets(None, Path("videos"))


def test_nothing_prepared_says_how_to_prepare():
    with pytest.raises(UsageError, match="no data set in data/.*avbench prepare folder PATH"):
        choose_sets(None, Path("videos"))


def test_training_wants_clips_and_has_an_option_of_its_own():
    (Path("data") / "imported").mkdir(parents=True)
    (Path("data") / "imported" / "features.npz").touch()
    with pytest.raises(UsageError, match="avbench prepare landscape.*avbench prepare synthetic.*with --data PATH"):
        only_data_set("--data", with_clips=True)


def test_no_run_says_how_to_name_videos():
    data_set("a")
    with pytest.raises(UsageError, match="no run with samples in runs/; name the videos to score with --generated"):
        choose_sets(None, None)
