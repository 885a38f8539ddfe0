import io
from dataclasses import replace

from rich.console import Console

from avbench.inspection import Inspection, Spread
from reports.inspection import inspection_tables

PLAIN = Inspection(
    name="mine",
    kind="folder",
    fit="native",
    channel="native",
    clips=3,
    sources=2,
    seconds=3723.4,
    counts={("train", ""): 3},
    sizes={"64x48": 3},
    spreads={
        "seconds": Spread(minimum=2, median=2, maximum=2),
        "sample rate": Spread(minimum=8e3, median=1e4, maximum=4e4),
    },
    failures={},
    warnings=(),
)


def printed(inspection: Inspection) -> list[str]:
    console = Console(file=io.StringIO(), width=80)
    for part in inspection_tables(inspection):
        console.print(part)
    return [" ".join(row.split()) for row in console.file.getvalue().splitlines()]


def test_tells_what_a_set_is_and_how_long():
    rows = printed(PLAIN)
    assert "clip set mine" in rows
    assert "clips 3 from 2 sources" in rows
    assert "duration 1:02:03" in rows
    assert "width x height 64x48" in rows


def test_a_number_that_varies_is_told_with_its_median():
    rows = printed(PLAIN)
    assert "seconds 2" in rows
    assert "sample rate 8,000 to 40,000, median 10,000" in rows


def test_a_set_without_labels_has_no_table_of_labels():
    assert not any(row.startswith("label") for row in printed(PLAIN))


def test_labels_come_with_the_most_frequent_first_and_by_split():
    counts = {("test", "cat"): 1, ("train", "cat"): 1, ("train", "dog"): 5, ("train", ""): 1}
    rows = printed(replace(PLAIN, counts=counts))
    first = rows.index("label test train all")
    assert rows[first + 2 : first + 5] == ["dog 0 5 5", "cat 1 1 2", "none 0 1 1"]


def test_many_labels_are_summed_up():
    rows = printed(replace(PLAIN, counts={("train", f"label {number:02}"): 2 for number in range(25)}))
    assert "label 19 2" in rows
    assert "5 more 10" in rows


def test_failures_are_counted_by_reason():
    rows = printed(replace(PLAIN, failures={"truncated": 2, "empty": 1}))
    assert {"truncated 2", "empty 1"} <= set(rows)


def test_warnings_are_told():
    assert "! 1 of 3 clips [oddly] hum" in printed(replace(PLAIN, warnings=("1 of 3 clips [oddly] hum",)))
