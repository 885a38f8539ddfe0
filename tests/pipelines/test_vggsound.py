import pytest

from avbench.errors import DataError
from pipelines.landscape import CLASSES
from pipelines.vggsound import LIKE_LANDSCAPE, vggsound
from pipelines.web.lists import ListFile


def listing(*lines, **options):
    return vggsound(ListFile("vggsound.csv", "\n".join(lines).encode()), **options)


def test_reads_ten_seconds_from_the_start_that_a_row_names():
    (item,) = listing('---g-f_I2yQ,1,"people marching, singing",test').items
    assert (item.video, item.start, item.end, item.split) == ("---g-f_I2yQ", 1, 11, "test")
    assert item.label == "people marching, singing" and item.key == "---g-f_I2yQ-00001000"


def test_rejects_rows_of_another_form():
    found = listing("abcdefghijk,1,raining,train", "abcdefghij2,raining,train", "abcdefghij3,1,raining,dev")
    assert len(found.items) == 1 and [row.line for row in found.rejected] == [2, 3]


def test_gives_a_stand_in_for_landscape():
    found = listing("abcdefghijk,1,volcano explosion,train", "abcdefghij2,1,dog barking,train", like_landscape=True)
    assert [(item.label, item.meta) for item in found.items] == [("explosion", {"vggsound_label": "volcano explosion"})]
    assert set(LIKE_LANDSCAPE.values()) == set(CLASSES)


def test_says_that_nothing_is_like_landscape():
    with pytest.raises(DataError, match="none of its rows has one of the labels volcano explosion"):
        listing("abcdefghij2,1,dog barking,train", like_landscape=True)
