from fractions import Fraction

import pytest

from avbench.errors import DataError, UsageError
from pipelines.copies import match_copy, read_copy
from pipelines.landscape import landscape
from pipelines.splits import parse_split
from pipelines.vggsound import TERMS, vggsound
from pipelines.web.lists import ListFile


def copy_of(path, **options):
    return read_copy(path, source="mine", terms=TERMS, label_of=lambda item: item.label, **options)


def test_keeps_the_folders_files_by_video(tmp_path, movie):
    file = movie(tmp_path / "dog" / "a.mp4", seconds=0.5)
    copy = copy_of(tmp_path)
    (item,) = copy.listing.items
    assert copy.files == {item.video: file} and (item.label, item.split) == ("dog", "train")


def test_deals_files_to_splits_when_asked(tmp_path, movie):
    for name in "abcd":
        movie(tmp_path / f"{name}.mp4", seconds=0.2)
    listing = copy_of(tmp_path, split=parse_split("train=.75,test=.25"), seed=2).listing
    assert sorted(item.split for item in listing.items) == ["test", "train", "train", "train"] and listing.seed == 2


def test_notices_another_file_in_the_place_of_one(tmp_path, movie):
    movie(tmp_path / "a.mp4", seconds=0.5)
    before = copy_of(tmp_path).listing.items
    movie(tmp_path / "a.mp4", seconds=1)
    assert copy_of(tmp_path).listing.items != before


def test_says_that_sounds_lie_beside_the_videos(tmp_path, movie, soundtrack):
    movie(tmp_path / "a.mp4", seconds=0.5)
    soundtrack(tmp_path / "a.wav")
    with pytest.raises(UsageError, match="the sound of a.mp4 lies in a file of its own; use `avbench prepare folder"):
        copy_of(tmp_path)


def test_finds_the_videos_of_a_list_by_their_names(tmp_path, movie):
    whole, cut = movie(tmp_path / "x" / "abcdefghijk.mp4", seconds=0.5), movie(tmp_path / "abcdefghij2_000030.mp4")
    listing = vggsound(
        ListFile("v.csv", b"abcdefghijk,1,raining,train\nabcdefghij2,30,raining,test\nabcdefghij3,1,raining,test\n")
    )
    copy = match_copy(listing, tmp_path)
    first, second = copy.listing.items
    assert (copy.files[first.video], first.start, first.end) == (whole, 1, 11)
    assert (copy.files[second.video], second.start, second.scene) == (cut, None, "abcdefghij2")
    assert [(failure.item, failure.reason) for failure in copy.failures] == [("abcdefghij3-00001000", "not_in_folder")]


def test_finds_a_file_by_the_name_in_its_url(tmp_path, movie):
    file = movie(tmp_path / "rain drops.mp4", seconds=0.5)
    copy = match_copy(landscape(ListFile("l.csv", b"url\nhttp://h.org/rain%20drops.mp4\n")), tmp_path)
    assert list(copy.files.values()) == [file] and copy.listing.items[0].end is None


def test_says_that_a_folder_has_nothing_of_the_list(tmp_path, movie):
    movie(tmp_path / "a.mp4", seconds=0.5)
    listing = landscape(ListFile("l.csv", b"id\nabcdefghijk\n"), split={"train": Fraction(1)})
    with pytest.raises(DataError, match="none of its 1 videos is one of the 1 of the list"):
        match_copy(listing, tmp_path)
