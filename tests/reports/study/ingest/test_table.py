"""Tables as platforms and spreadsheets write them, and what is wrong with a damaged one."""

import pytest

from avbench.errors import DataError
from reports.study.ingest.table import read_table

_TEXT = 'a,b,c\n1,"two\nlines, and a comma",3\n'
_ROW = {"a": "1", "b": "two\nlines, and a comma", "c": "3"}


@pytest.mark.parametrize(
    "data",
    [
        _TEXT.encode(),
        _TEXT.encode("utf-8-sig"),
        _TEXT.encode("utf-16"),
        b'a\tb\tc\n1\t"two\nlines, and a comma"\t3\n',
        b'a;b;c\n1;"two\nlines, and a comma";3\n\n',
    ],
    ids=["plain", "byte order mark", "UTF-16", "tabs", "semicolons"],
)
def test_reads_what_spreadsheets_write(tmp_path, data):
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    assert read_table(path).rows == (_ROW,)


def test_keeps_cells_of_windows_files_free_of_line_ends(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\r\n1,2\r\n")
    assert read_table(path).rows == ({"a": "1", "b": "2"},)


def test_fills_up_rows_that_end_before_the_columns_of_review(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,Approve,Reject\n1\n")
    assert read_table(path).rows == ({"a": "1", "Approve": "", "Reject": ""},)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "the file is empty"),
        (b'a,b\n1,"2\n', "after row 1: the table is damaged"),
        (b"a,b\n1,2\n3\n", "row 3: the table is damaged: 1 cells under a header of 2"),
        (b"a,b\n1,2,3\n", "row 2: the table is damaged: 3 cells under a header of 2"),
        (b"a,a\n1,2\n", "the column a stands there twice"),
        (b"a,b\n1,\xff\n", "byte 6 is not utf-8-sig text"),
        (b"a,b\n1,\x002\n", "it is not text"),
    ],
)
def test_refuses_damage_and_names_its_place(tmp_path, data, told):
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(DataError, match=told):
        read_table(path)
