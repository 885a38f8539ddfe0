import pytest

from avbench.errors import DataError
from pipelines.web.draw import sample, shuffled
from pipelines.web.item import Listing, Terms, WebItem
from pipelines.web.lists import ListFile, ListRow
from pipelines.web.table import ItemTable, ListPart, count_videos, places_by_key, read_table


def parse(row: ListRow) -> WebItem:
    """Key, video and perhaps a label."""
    key, video, *label = row.cells
    return WebItem(
        key=key, url=f"http://h/{video}", via="http", video=video, split="train", label=label[0] if label else ""
    )


def part(name: str, text: str) -> ListPart:
    return ListPart(ListFile(name, text.encode()), parse, comment="#")


def listing(items: tuple[WebItem, ...] | ItemTable) -> Listing:
    terms = Terms(name="t", url="u", text="t", must_accept=False)
    return Listing(source="x", origin="list.csv", sha256="", items=items, terms=terms)


@pytest.fixture
def table() -> ItemTable:
    """Items b, a and c of two lists; a and b are of one video."""
    table, _ = read_table([part("one.csv", '# key\n\nb, v, "rain, hail"\r\na,v\n'), part("two.csv", "c,w,drôle")])
    return table


def test_makes_items_when_they_are_asked_for(table):
    assert [(item.key, item.video, item.label) for item in table] == [
        ("b", "v", "rain, hail"),
        ("a", "v", ""),
        ("c", "w", "drôle"),
    ]
    assert (table[-1].key, [item.key for item in table[:2]], len(table)) == ("c", ["b", "a"], 3)
    with pytest.raises(IndexError):
        table[3]


def test_knows_its_videos_and_the_order_of_its_keys(table):
    assert count_videos(table) == count_videos(tuple(table)) == 2
    assert list(places_by_key(table)) == list(places_by_key(tuple(table))) == [1, 0, 2]


def test_rejects_what_was_said_before_and_what_says_nothing():
    table, rejected = read_table(
        [part("one.csv", "b,v\na,v\nb,w\n\nbad key,v\n"), part("two.csv", "#,,\nc,v\na,v\nc,x\nopen\"quote,'\nd,v\n")]
    )
    assert [item.key for item in table] == ["b", "a", "c", "d"]
    assert [(row.line, row.message.partition(":")[0]) for row in rejected] == [
        (3, "says again what line 1 says"),
        (5, 'key "bad key"'),
        (3, "is in an earlier list too"),
        (4, "says again what line 2 says"),
        (5, 'key "open"quote"'),
    ]
    assert rejected[0].text == "b,w"


def test_a_list_of_which_no_row_can_be_used_is_refused():
    with pytest.raises(DataError, match=r"two.csv: none of its 1 rows can be used; line 1: key"):
        read_table([part("one.csv", "a,v\n"), part("two.csv", "bad key,v\n")])


def test_gives_the_same_sample_as_items_that_are_all_there():
    rows = "".join(f"k{number * 7919 % 1000:03d},v{number}\n" for number in range(1000))
    table, _ = read_table([part("list.csv", rows)])
    assert list(shuffled(listing(table), 3)) == list(shuffled(listing(tuple(table)), 3))
    drawn = sample(listing(table), 20, 3)
    assert drawn.items == sample(listing(tuple(table)), 20, 3).items and drawn.drawn_from == 1000
