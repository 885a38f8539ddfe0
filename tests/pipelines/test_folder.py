import pytest

from avbench.errors import UsageError
from pipelines.folder import folder
from pipelines.source import SOURCES
from pipelines.splits import parse_split


def test_is_registered_beside_the_other_sources():
    assert {"folder", "synthetic"} <= set(SOURCES)


def test_gives_items_and_failures_of_a_folder(tmp_path, movie):
    movie(tmp_path / "dog" / "a.mp4")
    (tmp_path / "b.mp4").write_text("no video")
    harvest = folder(tmp_path)
    assert [(item.source, item.split, item.label) for item in harvest.items] == [("dog/a.mp4", "train", "dog")]
    assert [failure.item for failure in harvest.failures] == ["b.mp4"]


def test_reads_meta_data_along(tmp_path, movie):
    movie(tmp_path / "videos" / "a.mp4")
    (tmp_path / "m.csv").write_text("stem,prompt,label,seed\na,rain,weather,4\nz,snow,weather,5\n")
    harvest = folder(tmp_path / "videos", meta=tmp_path / "m.csv")
    with harvest.items[0].open() as recording:
        assert (recording.label, recording.meta) == ("weather", {"prompt": "rain", "seed": 4})
    assert harvest.unmatched["meta"] == ("z",)


def test_takes_the_sound_of_a_folder_of_its_own(tmp_path, movie, soundtrack):
    movie(tmp_path / "videos" / "a.mp4", channels=2)
    soundtrack(tmp_path / "sounds" / "a.wav", channels=1)
    soundtrack(tmp_path / "sounds" / "b.wav")
    harvest = folder(tmp_path / "videos", audio=tmp_path / "sounds")
    with harvest.items[0].open() as recording:
        assert recording.info.audio.channels == 1
    assert harvest.unmatched["audio"] == ("b.wav",)


def test_deals_sources_to_splits_when_asked(tmp_path, movie):
    for name in "abcd":
        movie(tmp_path / f"{name}.mp4", seconds=0.5)
    harvest = folder(tmp_path, split=parse_split("train=.75,test=.25"))
    assert sorted(item.split for item in harvest.items) == ["test", "train", "train", "train"]


def test_changes_an_items_identity_with_its_meta_data(tmp_path, movie):
    movie(tmp_path / "videos" / "a.mp4")
    (tmp_path / "m.csv").write_text("stem,prompt\na,rain\n")
    plain, described = folder(tmp_path / "videos"), folder(tmp_path / "videos", meta=tmp_path / "m.csv")
    assert plain.items[0].identity != described.items[0].identity


def test_says_which_audio_folder_does_not_exist(tmp_path, movie):
    movie(tmp_path / "a.mp4")
    with pytest.raises(UsageError, match="sounds does not exist"):
        folder(tmp_path, audio=tmp_path / "sounds")
