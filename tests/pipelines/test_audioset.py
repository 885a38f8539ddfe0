import json

import pytest

from avbench.errors import DataError
from pipelines.audioset import audioset
from pipelines.web.lists import ListFile

HEADER = """# Segments csv created Sun Mar  5 10:54:25 2017
# num_ytids=2, num_segs=2, num_unique_labels=2, num_positive_labels=3
# YTID, start_seconds, end_seconds, positive_labels
"""
ONTOLOGY = ListFile(
    "ontology.json",
    json.dumps([{"id": "/m/03v3yw", "name": "Keys jangling"}, {"id": "/m/0k4j", "name": "Car"}]).encode(),
)


def segments(name, *rows):
    return ListFile(f"https://example.org/csv/{name}.csv", (HEADER + "\n".join(rows)).encode())


def test_reads_segments_and_names_their_classes():
    file = segments("balanced_train_segments", '-0RWZT-miFs, 420.000, 430.000, "/m/03v3yw,/m/0k4j"')
    (item,) = audioset([file], ontology=ONTOLOGY).items
    assert (item.video, item.start, item.end, item.split) == ("-0RWZT-miFs", 420, 430, "train")
    assert item.label == "Keys jangling"
    assert item.meta == {"labels": ["Keys jangling", "Car"], "mids": ["/m/03v3yw", "/m/0k4j"]}


def test_puts_the_evaluation_list_into_test():
    files = [
        segments("eval_segments", 'abcdefghijk, 0.000, 10.000, "/m/0k4j"'),
        segments("balanced_train_segments", 'abcdefghij2, 0.000, 10.000, "/m/0k4j"'),
    ]
    found = audioset(files, ontology=ONTOLOGY)
    assert [item.split for item in found.items] == ["test", "train"]
    assert found.origin == ", ".join(file.origin for file in files)


def test_rejects_what_an_earlier_list_says_and_what_it_cannot_read():
    files = [
        segments("eval_segments", 'abcdefghijk, 0.000, 10.000, "/m/0k4j"'),
        segments(
            "balanced_train_segments",
            'abcdefghijk, 0.000, 10.000, "/m/0k4j"',
            'abcdefghij2, 0.000, 10.000, "/m/0wrong"',
            "abcdefghij3, 0.000",
            'abcdefghij4, 0.000, 10.000, "/m/0k4j"',
        ),
    ]
    found = audioset(files, ontology=ONTOLOGY)
    assert [item.video for item in found.items] == ["abcdefghijk", "abcdefghij4"]
    assert [(row.line, row.message.split(";")[0]) for row in found.rejected] == [
        (4, "is in an earlier list too"),
        (5, "its class /m/0wrong is not in the ontology"),
        (6, "has 2 cells"),
    ]


def test_says_that_a_file_is_no_ontology():
    with pytest.raises(DataError, match="labels.csv: it is not AudioSet's ontology.json"):
        audioset([segments("eval_segments")], ontology=ListFile("labels.csv", b"index,mid,display_name"))
