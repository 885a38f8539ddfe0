import csv
import os
import signal
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from avbench.clipset import Failure
from avbench.errors import MachineError, UsageError
from pipelines.web.item import Listing, Terms, WebItem
from pipelines.web.ledger import LEDGER, Ledger

TERMS = Terms(name="none", url="", text="", must_accept=False)


def item(key: str, **more: object) -> WebItem:
    return WebItem(**{"key": key, "url": f"http://x/{key}", "via": "http", "video": key, "split": "train"} | more)


def listing(*items: WebItem, source: str = "landscape") -> Listing:
    return Listing(source=source, origin="list.csv", sha256="0", items=items, terms=TERMS)


def download(ledger: Ledger, key: str) -> None:
    ledger.begin("download", [key])
    ledger.finish_download([key], file=f"{key}.mp4", bytes=10, sha256="ab", seconds=1.5, page={"fps": 30})


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger(tmp_path / LEDGER) as ledger:
        yield ledger


def states(ledger: Ledger) -> dict[str, tuple[str, str, str]]:
    return {row.key: (row.stage, row.state, row.reason) for row in ledger.rows()}


def test_items_wait_in_the_order_of_the_list(ledger):
    ledger.adopt(listing(item("b"), item("a")))
    assert list(states(ledger).items()) == [("b", ("download", "waiting", "")), ("a", ("download", "waiting", ""))]


def test_keeps_what_is_known_of_a_download(ledger):
    ledger.adopt(listing(item("a")))
    download(ledger, "a")
    (row,) = ledger.rows()
    assert (row.stage, row.state, row.attempts, row.bytes, row.seconds) == ("download", "done", 1, 10, 1.5)
    assert (row.file, row.sha256, row.page) == ("a.mp4", "ab", {"fps": 30})


def test_an_attempt_that_brought_nothing_leaves_its_reason(ledger):
    ledger.adopt(listing(item("a")))
    ledger.begin("download", ["a"])
    ledger.wait("download", ["a"], "network", "it broke")
    ledger.begin("download", ["a"])
    (row,) = ledger.rows()
    assert (row.state, row.reason, row.message, row.attempts) == ("running", "network", "it broke", 2)


def test_the_same_list_again_changes_nothing(ledger):
    ledger.adopt(listing(item("a"), item("b")))
    download(ledger, "a")
    ledger.fail("download", ["b"], "removed", "404")
    before = ledger.rows()
    assert not ledger.adopt(listing(item("a"), item("b"))) and ledger.rows() == before


def test_says_how_a_list_changed(ledger):
    ledger.adopt(listing(item("a"), item("b"), item("c"), item("d")))
    changes = ledger.adopt(listing(item("a"), replace(item("b"), label="rain"), item("e")))
    assert (changes.added, changes.removed, changes.changed) == (("e",), ("c", "d"), ("b",))
    assert str(changes) == "1 added (e), 2 removed (c, d), 1 changed (b)"


def test_the_first_list_is_no_change(ledger):
    assert not ledger.adopt(listing(item("a")))


def test_an_item_that_comes_back_to_the_list_is_remembered(ledger):
    ledger.adopt(listing(item("a"), item("b")))
    download(ledger, "b")
    ledger.adopt(listing(item("a")))
    assert "b" not in states(ledger)
    ledger.adopt(listing(item("a"), item("b")))
    assert states(ledger)["b"] == ("download", "done", "")


def test_another_address_is_fetched_again_and_another_stretch_screened_again(ledger):
    ledger.adopt(listing(item("a"), item("b"), item("c")))
    for key in "abc":
        download(ledger, key)
        ledger.finish("screen", [key], {})
    ledger.adopt(listing(replace(item("a"), url="http://y/a"), replace(item("b"), start=Fraction(1)), item("c")))
    assert states(ledger) == {
        "a": ("download", "waiting", ""),
        "b": ("download", "done", ""),
        "c": ("screen", "done", ""),
    }
    assert [row.file for row in ledger.rows()] == [None, "b.mp4", "c.mp4"]


def test_another_source_is_refused(ledger):
    ledger.adopt(listing(item("a")))
    with pytest.raises(UsageError, match="holds landscape, not aist"):
        ledger.adopt(listing(item("a"), source="aist"))


def test_failures_are_tried_again_all_or_by_reason(ledger):
    ledger.adopt(listing(item("a"), item("b"), item("c")))
    ledger.fail("download", ["a"], "network", "")
    ledger.fail("download", ["b"], "removed", "")
    download(ledger, "c")
    ledger.fail("screen", ["c"], "silent", "")
    assert ledger.retry("network") == 1 and states(ledger)["a"][1] == "waiting"
    assert ledger.retry() == 2
    assert [row.state for row in ledger.rows()] == ["waiting", "waiting", "done"]


def test_all_that_passed_is_in_the_set_when_it_is_made_but_what_failed_there(ledger):
    ledger.adopt(listing(item("a"), item("b"), item("c")))
    for key in "ab":
        download(ledger, key)
        ledger.finish("screen", [key])
    ledger.fail("download", ["c"], "removed", "404")
    ledger.encoded([Failure("b", "encode", "corrupt", "bits"), Failure("c", "download", "removed", "404")])
    assert states(ledger) == {
        "a": ("encode", "done", ""),
        "b": ("encode", "failed", "corrupt"),
        "c": ("download", "failed", "removed"),
    }


def test_is_exported_as_tables(ledger, tmp_path):
    ledger.adopt(listing(item("a"), item("b")))
    download(ledger, "a")
    ledger.fail("download", ["b"], "removed", "http://x/b: 404")
    ledger.export()
    rows = pq.read_table(tmp_path / "ledger.parquet").to_pylist()
    assert [(row["key"], row["state"], row["bytes"], row["page"]) for row in rows] == [
        ("a", "done", 10, '{"fps": 30}'),
        ("b", "failed", None, "{}"),
    ]
    (failure,) = csv.DictReader((tmp_path / "failures.csv").read_text().splitlines())
    assert failure == {"item": "b", "stage": "download", "reason": "removed", "message": "http://x/b: 404"}


def test_the_failures_of_a_finished_set_are_left_alone(ledger, tmp_path):
    (tmp_path / "clipset.json").write_text("{}")
    (tmp_path / "failures.csv").write_text("of the set")
    ledger.adopt(listing(item("a")))
    ledger.export()
    assert (tmp_path / "failures.csv").read_text() == "of the set"


def test_survives_kill_9_between_any_two_changes(tmp_path):
    """A process enters downloads and says so; it is killed, and all that it said is there, and nothing half."""
    program = (
        "import sys; from pathlib import Path\n"
        "from pipelines.web.ledger import Ledger\n"
        "with Ledger(Path(sys.argv[1])) as ledger:\n"
        "    for row in ledger.rows():\n"
        "        ledger.begin('download', [row.key])\n"
        "        ledger.finish_download([row.key], file='f', bytes=1, sha256='', seconds=0.0, page={})\n"
        "        print(row.key, flush=True)\n"
    )
    keys = [f"k{number}" for number in range(2000)]
    with Ledger(tmp_path / LEDGER) as ledger:
        ledger.adopt(listing(*map(item, keys)))
    process = subprocess.Popen(
        [sys.executable, "-c", program, tmp_path / LEDGER], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    with process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(50)]
        os.kill(process.pid, signal.SIGKILL)
        said += process.stdout.read().split()
    with Ledger(tmp_path / LEDGER) as ledger:
        ledger.adopt(listing(*map(item, keys)))
        done = [row.key for row in ledger.rows() if row.state == "done"]
    assert done[: len(said)] == said and len(done) - len(said) <= 1 and len(done) < len(keys)


def test_what_a_dead_process_was_about_waits_again(tmp_path):
    with Ledger(tmp_path / LEDGER) as ledger:
        ledger.adopt(listing(item("a"), item("b")))
        ledger.begin("download", ["a"])
        download(ledger, "b")
        ledger.begin("screen", ["b"])
    with Ledger(tmp_path / LEDGER) as ledger:
        ledger.adopt(listing(item("a"), item("b")))
        assert states(ledger) == {"a": ("download", "waiting", ""), "b": ("download", "done", "")}


def test_a_file_that_is_no_ledger_is_named(tmp_path):
    (tmp_path / LEDGER).write_bytes(b"not a database, but longer than its header would be" * 9)
    with pytest.raises(MachineError, match="the ledger cannot be used"):
        Ledger(tmp_path / LEDGER)


def test_a_disk_that_takes_no_more_is_named_and_nothing_is_half_done(tmp_path):
    with Ledger(tmp_path / LEDGER) as ledger:
        ledger.adopt(listing(item("a")))
        ledger._database.execute(f"PRAGMA max_page_count={ledger._database.execute('PRAGMA page_count').fetchone()[0]}")
        with pytest.raises(MachineError, match="free some space"):
            ledger.fail("download", ["a"], "other", "x" * 100_000)
        assert states(ledger)["a"][1] == "waiting"
        assert ledger._database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
