from collections import defaultdict
from fractions import Fraction

import pytest

from avbench.errors import DataError, UsageError
from pipelines.landscape import CLASSES, canonical_class, landscape, landscape_copy
from pipelines.source import WEB_SOURCES
from pipelines.web.lists import ListFile


def listing(*lines, **options):
    return landscape(ListFile("DATASET.csv", "\n".join(lines).encode()), **options)


def test_is_registered_beside_the_other_data_sets_of_the_web():
    assert {"landscape", "aist", "audioset", "vggsound"} <= set(WEB_SOURCES)


def test_reads_columns_by_their_names_in_any_order():
    (item,) = listing(
        "Class,Start Time,End_Seconds,YouTube_URL", "raining,0:30,40.5,https://youtu.be/abcdefghijk?si=x"
    ).items
    assert (item.video, item.via, item.label) == ("abcdefghijk", "youtube", "raining")
    assert (item.start, item.end) == (30, Fraction(81, 2))
    assert item.url == "https://www.youtube.com/watch?v=abcdefghijk" and item.key == "abcdefghijk-00030000"


def test_reads_a_list_of_nothing_but_ids():
    assert [item.key for item in listing("id", "abcdefghijk", "-bcdefghijk").items] == ["abcdefghijk", "-bcdefghijk"]


def test_takes_files_of_the_web_as_well_as_videos_of_youtube():
    (item,) = listing("url", "http://127.0.0.1:8000/rain%20drops.mp4").items
    assert item.via == "http" and item.video.startswith("rain-drops-")


def test_refuses_a_list_without_a_column_that_it_knows():
    with pytest.raises(DataError, match="its first line is 'name,where'; wanted is a header with a column url"):
        listing("name,where", "rain,abcdefghijk")


def test_reports_bad_rows_by_line_and_goes_on():
    found = listing(
        "url,class",
        "abcdefghijk,raining",
        "",
        "not a url,raining",
        '"abcdefghij2,raining',
        "abcdefghij3,snowing",
        "abcdefghij4,thunder",
    )
    assert [item.video for item in found.items] == ["abcdefghijk", "abcdefghij4"]
    assert [row.line for row in found.rejected] == [4, 5, 6]
    assert '"snowing" is none of the classes explosion,' in found.rejected[2].message


def test_refuses_a_list_of_which_no_row_can_be_used():
    with pytest.raises(DataError, match="none of its 1 rows can be used; line 2: .* is neither a URL"):
        listing("url", "nothing")


def test_rejects_stretches_of_a_video_that_overlap():
    found = listing("id,start,end", "abcdefghijk,0,10", "abcdefghijk,9,19", "abcdefghijk,10,20")
    assert [item.start for item in found.items] == [0, 10]
    assert found.rejected[0].message == "overlaps line 2, a stretch of the same video"


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("fire_crakling", "fire_crackling"),
        ("waterfall_bubbling", "waterfall_burbling"),
        ("volcano", "explosion"),
        ("Underwater Burbling", "underwater_bubbling"),
        ("wind-noise", "wind_noise"),
    ],
)
def test_knows_the_spellings_of_copies_and_papers(spelling, name):
    assert canonical_class(spelling) == name and name in CLASSES


def test_deals_videos_to_splits_where_the_list_has_none():
    lines = [f"{video:011d},{start},{start + 10}" for video in range(20) for start in (0, 10)]
    found = listing("id,start,end", *lines, seed=3)
    splits = defaultdict(set)
    for item in found.items:
        splits[item.video].add(item.split)
    assert all(len(of_one) == 1 for of_one in splits.values())
    assert sum(item.split == "test" for item in found.items) == 4 and found.seed == 3
    assert found == listing("id,start,end", *lines, seed=3) != listing("id,start,end", *lines, seed=4)


def test_keeps_the_splits_that_the_list_has():
    found = listing("id,split", "abcdefghijk,Test", "abcdefghij2,validation")
    assert [item.split for item in found.items] == ["test", "val"] and found.seed is None


def test_takes_other_shares_when_asked():
    found = listing("id,split", "abcdefghijk,test", split={"train": Fraction(1)})
    assert [item.split for item in found.items] == ["train"]


def test_reads_a_processed_copy_by_its_folders(tmp_path, movie):
    movie(tmp_path / "landscape" / "train" / "volcano" / "a_1.mp4", seconds=0.5)
    movie(tmp_path / "landscape" / "test" / "raining" / "b_1.mp4", seconds=0.5)
    copy = landscape_copy(tmp_path / "landscape")
    assert [(item.split, item.label) for item in copy.listing.items] == [("test", "raining"), ("train", "explosion")]
    assert copy.listing.source == "landscape" and "YouTube" in copy.listing.terms.text


def test_counts_the_strange_classes_of_a_copy(tmp_path, movie):
    movie(tmp_path / "raining" / "a.mp4", seconds=0.5)
    movie(tmp_path / "snowing" / "c.mp4", seconds=0.5)
    copy = landscape_copy(tmp_path)
    assert [item.scene for item in copy.listing.items] == ["raining/a.mp4"]
    assert [(failure.item, failure.reason) for failure in copy.failures] == [("snowing/c.mp4", "unknown_class")]


def test_says_that_a_copy_has_none_of_the_classes(tmp_path, movie):
    movie(tmp_path / "a.mp4", seconds=0.5)
    with pytest.raises(DataError, match='none of its 1 videos can be used; the first: "" is none of the classes'):
        landscape_copy(tmp_path)


def test_says_that_the_copys_folder_does_not_exist(tmp_path):
    with pytest.raises(UsageError, match="nowhere does not exist"):
        landscape_copy(tmp_path / "nowhere")
