import hashlib
from fractions import Fraction

import pytest
from loopback import Served, serving

from avbench.errors import DataError, MissingError, UsageError
from avbench.weights import download
from pipelines.web.item import RejectedRow, WebItem
from pipelines.web.lists import ListFile, csv_rows, read_items, read_list, read_seconds


def item(key, **options):
    return WebItem(key=key, url=f"http://h/{key}", via="http", video=key, split="train", **options)


def test_reads_a_file(tmp_path):
    (tmp_path / "list.csv").write_text("a,b\n")
    file = read_list(str(tmp_path / "list.csv"))
    assert (file.data, file.name, file.sha256) == (b"a,b\n", "list.csv", hashlib.sha256(b"a,b\n").hexdigest())


def test_fetches_a_list_once():
    with serving(Served(b"a,b\n")) as served:
        assert read_list(served.url) == read_list(served.url)
        assert len(served.ranges) == 1
        served.content = b"c,d\n"
        assert read_list(served.url, refresh=True).data == b"c,d\n"


def test_reads_what_it_has_fetched_without_a_network():
    with serving(Served(b"a,b\n")) as served:
        read_list(served.url)
    assert read_list(served.url).data == b"a,b\n"


def test_says_that_there_is_no_network(monkeypatch):
    monkeypatch.setattr(download, "_FIRST_PAUSE", 0.0)
    with serving(Served(b"")) as served:
        pass
    with pytest.raises(MissingError, match="the list cannot be fetched: .*; give a copy of it with --list FILE"):
        read_list(served.url)


def test_does_not_fetch_what_is_forbidden(monkeypatch):
    monkeypatch.setenv("AVBENCH_OFFLINE", "1")
    with pytest.raises(MissingError, match="AVBENCH_OFFLINE=1 forbids downloads"):
        read_list("http://127.0.0.1:1/list.csv")


def test_holds_a_list_to_its_hash(tmp_path):
    (tmp_path / "list.csv").write_text("a,b\n")
    right = hashlib.sha256(b"a,b\n").hexdigest()
    assert read_list(str(tmp_path / "list.csv"), sha256=right.upper())
    with pytest.raises(DataError, match=f"its SHA-256 is {right}, wanted is 00ff: the list is another one"):
        read_list(str(tmp_path / "list.csv"), sha256="00ff")


def test_says_that_there_is_no_list(tmp_path):
    with pytest.raises(UsageError, match="list.csv does not exist"):
        read_list(str(tmp_path / "list.csv"))
    (tmp_path / "list.csv").write_text("\n \n")
    with pytest.raises(DataError, match="the list is empty"):
        read_list(str(tmp_path / "list.csv"))


def test_numbers_rows_as_an_editor_does():
    rows = list(csv_rows(ListFile("list.csv", b'\xef\xbb\xbfa, b\r\n\r\n"c, d",e\n')))
    assert [(row.line, row.cells) for row in rows] == [(1, ("a", "b")), (3, ("c, d", "e"))]


def test_ends_an_open_quote_with_its_line():
    first, second = csv_rows(ListFile("list.csv", b'"a,b\nc,d\n'))
    assert isinstance(first, RejectedRow) and first.line == 1 and "not a row of CSV" in first.message
    assert second.cells == ("c", "d")


def test_keeps_the_first_of_two_items_of_one_key():
    items, rejected = read_items(csv_rows(ListFile("list.csv", b"a,1\nb,2\na,3\n")), lambda row: item(row.cells[0]))
    assert [found.key for found in items] == ["a", "b"]
    assert rejected == [RejectedRow(line=3, text="a,3", message="says again what line 1 says")]


def test_survives_bytes_that_are_no_text():
    items, rejected = read_items(csv_rows(ListFile("list.csv", b"\xff\xfe\x00\na\n")), lambda row: item(row.cells[0]))
    assert [found.key for found in items] == ["a"] and rejected[0].line == 1


@pytest.mark.parametrize(("text", "seconds"), [("83.5", Fraction(167, 2)), ("1:23", 83), ("1:00:00", 3600), ("0", 0)])
def test_reads_times(text, seconds):
    assert read_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "-1", "ten", "1:2:3:4", "1e3", "nan"])
def test_rejects_what_is_no_time(text):
    with pytest.raises(DataError, match="is not a time in seconds"):
        read_seconds(text)
