import logging
import re

import pytest

from avbench.clipset.scan import scan_folder
from avbench.errors import DataError, UsageError


@pytest.fixture
def touch(tmp_path):
    def make(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        return tmp_path

    return make


def sources(scan):
    return [item.source for item in scan.items]


def test_finds_videos_and_sounds_at_any_depth_and_passes_over_the_rest(touch):
    folder = touch("b.mp4", "x/y/a.WEBM", "only.mp3", "notes.txt", ".hidden.mp4", ".cache/c.mp4")
    assert sources(scan_folder(folder)) == ["x/y/a.WEBM", "b.mp4", "only.mp3"]


def test_takes_a_wav_or_flac_beside_a_video_as_its_sound(touch):
    folder = touch("a.mp4", "a.wav", "b.mkv", "b.FLAC", "c.wav")
    scan = scan_folder(folder)
    beside = {item.source: item.soundtrack and item.soundtrack.name for item in scan.items}
    assert beside == {"a.mp4": "a.wav", "b.mkv": "b.FLAC", "c.wav": None}


def test_says_that_an_mp3_beside_a_video_is_passed_over(touch, caplog):
    with caplog.at_level(logging.WARNING):
        assert sources(scan_folder(touch("a.mp4", "a.mp3"))) == ["a.mp4"]
    assert "a.mp3 is passed over" in caplog.text


def test_reads_splits_from_the_top_folder_and_labels_from_the_parent(touch):
    folder = touch("train/dog/a.mp4", "validation/cat/b.mp4", "test/c.mp4", "d.mp4", "fire/e.mp4")
    found = {item.source: (item.split, item.label) for item in scan_folder(folder).items}
    assert found == {
        "train/dog/a.mp4": ("train", "dog"),
        "validation/cat/b.mp4": ("val", "cat"),
        "test/c.mp4": ("test", ""),
        "d.mp4": ("train", ""),
        "fire/e.mp4": ("train", "fire"),
    }


def test_makes_keys_that_suit_a_tar_and_differ_for_equal_stems(touch):
    folder = touch("x/A b.1é.mp4", "y/A b.1é.mp4", "l" * 120 + ".mp4")
    keys = [item.key for item in scan_folder(folder).items]
    assert len(set(keys)) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,71}", key) for key in keys)
    assert sum(key.startswith("A-b-1--") for key in keys) == 2


def test_gives_a_file_the_same_key_wherever_the_folder_lies(touch, tmp_path):
    folder = touch("one/a.mp4", "two/a.mp4")
    assert scan_folder(folder / "one").items[0].key == scan_folder(folder / "two").items[0].key


def test_pairs_an_audio_folder_by_path_or_by_a_stem_that_is_unique(touch):
    folder = touch("videos/a.mp4", "videos/x/b.mp4", "videos/y/b.mp4", "videos/z/c.mp4")
    touch("sounds/a.wav", "sounds/x/b.wav", "sounds/c.flac", "sounds/left-over.wav")
    scan = scan_folder(folder / "videos", folder / "sounds")
    paired = {item.source: item.soundtrack and item.soundtrack.name for item in scan.items}
    assert paired == {"a.mp4": "a.wav", "x/b.mp4": "b.wav", "y/b.mp4": None, "z/c.mp4": "c.flac"}
    assert scan.unmatched_audio == ("left-over.wav",)


def test_does_not_take_the_sounds_of_the_audio_folder_for_items(touch):
    folder = touch("a.mp4", "sounds/a.wav", "sounds/b.wav")
    assert sources(scan_folder(folder, folder / "sounds")) == ["a.mp4"]


def test_takes_a_single_file_as_a_folder_with_one_item(touch):
    assert sources(scan_folder(touch("a.mp4", "b.mp4") / "a.mp4")) == ["a.mp4"]


def test_says_that_a_missing_folder_does_not_exist(tmp_path):
    with pytest.raises(UsageError, match="nowhere does not exist"):
        scan_folder(tmp_path / "nowhere")


@pytest.mark.parametrize("names", [(), ("notes.txt",)])
def test_says_that_a_folder_holds_no_video(touch, names):
    with pytest.raises(DataError, match="no video or sound in it"):
        scan_folder(touch(*names))
