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


def trained_run(name: str, *, data: str = "", age: int = 0) -> Path:
    checkpoint = Path("runs") / name / "checkpoints" / "00000006.pt"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.touch()
    os.utime(checkpoint, (1_000_000 - age, 1_000_000 - age))
    (Path("runs") / name / "config.toml").write_text(f'data = "{data}"\n' if data else "")
    return Path("runs") / name


def sampled_run(name: str, *, data: str = "", age: int = 0) -> Path:
    """A run of which only samples are left."""
    samples = Path("runs") / name / "samples" / "dpm-20"
    samples.mkdir(parents=True)
    (Path("runs") / name / "config.toml").write_text(f'data = "{data}"\n' if data else "")
    os.utime(samples, (1_000_000 - age, 1_000_000 - age))
    return samples


def test_samples_of_the_newest_run_are_scored_against_the_data_set_it_was_trained_on():
    data_set("a"), data_set("b")
    trained_run("older", data="data/a", age=100)
    newest = trained_run("newer", data="data/b")
    assert choose_sets(None, None) == Sets(reference=Path("data/b"), generated=None, method="newer", run=newest)


def test_a_run_is_as_new_as_what_was_made_of_it_last():
    trained_run("trained", data="data/a", age=100)
    samples = sampled_run("sampled", data="data/a", age=50)
    sets = choose_sets(None, None)
    assert (sets.run, sets.generated) == (samples.parents[1], samples)


def test_a_named_reference_takes_the_place_of_what_the_run_was_trained_on():
    trained_run("newest", data="data/a")
    assert choose_sets(Path("other"), None).reference == Path("other")


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
    with pytest.raises(UsageError, match="no run with a checkpoint in runs/; train one with .* with --generated PATH"):
        choose_sets(None, None)
