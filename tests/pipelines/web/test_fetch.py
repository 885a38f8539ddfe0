"""Fetching a list from a real server into a folder, by real processes: what comes, what does not and why."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from full_disk import no_file_above
from here import HereEngine
from loopback import Served, serving_all

from avbench.errors import MachineError, MissingError
from avbench.transfer import held
from avbench.workspace import lock
from pipelines.engine import LocalEngine
from pipelines.screen import ScreenConfig
from pipelines.web.download.pace import Limits
from pipelines.web.download.queue import Patience
from pipelines.web.download.youtube import PageOptions
from pipelines.web.fetch import Fetched, FetchOptions, downloads_folder, fetch
from pipelines.web.item import Listing, Terms, WebItem
from pipelines.web.ledger import LEDGER, Ledger, Row

OPTIONS = FetchOptions(
    patience=Patience(between=0, attempts=2, first_pause=0.01, limited_pause=0.01),
    limits=Limits(silence=5),
    page=PageOptions(request_pause=0),
)
RULES = ScreenConfig(min_seconds=None, copies=True)


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(1) as engine:
        yield engine


@pytest.fixture
def site(clip: bytes, page: Callable[[str], Served]) -> Iterator[dict[str, Served]]:
    """Files a, b, c and d, and pages that show them."""
    site = {f"{name}.mp4": Served(clip, kind="video/mp4") for name in "abcd"}
    site |= {f"watch/{name}": page(f"/{name}.mp4") for name in "abcd"}
    with serving_all(site):
        yield site


@pytest.fixture
def run(tmp_path: Path, engine: LocalEngine) -> Callable[..., Fetched]:
    def run(listing: Listing, options: FetchOptions = OPTIONS, rules: ScreenConfig | None = None) -> Fetched:
        return fetch(listing, tmp_path / "out", options=options, screening=rules, engine=engine)

    return run


def item(served: Served, **more: object) -> WebItem:
    name = served.url.rsplit("/", 1)[1].removesuffix(".mp4")
    via = "http" if served.url.endswith(".mp4") else "youtube"
    return WebItem(**{"key": name, "url": served.url, "via": via, "video": name, "split": "train"} | more)


def listing(*items: WebItem) -> Listing:
    terms = Terms(name="none", url="", text="", must_accept=False)
    return Listing(source="test", origin="list.csv", sha256="", items=items, terms=terms)


def all_files(site: dict[str, Served]) -> Listing:
    return listing(*(item(site[f"{name}.mp4"]) for name in "abcd"))


def ledger_of(out: Path) -> dict[str, Row]:
    with Ledger(out / LEDGER) as ledger:
        return {row.key: row for row in ledger.rows()}


def asked(served: Served) -> int:
    return len(served.ranges)


def test_brings_files_and_the_videos_of_pages(site, run, clip):
    fetched = run(listing(item(site["a.mp4"]), item(site["watch/b"])))
    assert {key: file.read_bytes() == clip for key, file in fetched.files.items()} == {"a": True, "b": True}
    assert fetched.failures == ()


def test_a_video_is_fetched_once_for_all_its_items(site, run):
    first, second = item(site["a.mp4"], key="a_0", end=1), item(site["a.mp4"], key="a_1", start=1)
    fetched = run(listing(first, second))
    assert fetched.files["a_0"] == fetched.files["a_1"] and asked(site["a.mp4"]) == 1


def test_says_of_every_item_why_it_is_not_there(site, run):
    site["a.mp4"].statuses = [404]
    site["b.mp4"].statuses = [403] * 9
    site["c.mp4"].kind = "text/html"
    fetched = run(all_files(site))
    assert list(fetched.files) == ["d"]
    assert [(failure.item, failure.stage, failure.reason) for failure in fetched.failures] == [
        ("a", "download", "removed"),
        ("b", "download", "forbidden"),
        ("c", "download", "not_media"),
    ]
    assert site["a.mp4"].url in fetched.failures[0].message
    assert asked(site["a.mp4"]) == 1 and asked(site["b.mp4"]) == 2


def test_goes_on_within_a_file_that_broke_off(site, run, clip):
    site["a.mp4"].breaks = [20_000]
    fetched = run(listing(item(site["a.mp4"])))
    assert fetched.files["a"].read_bytes() == clip and site["a.mp4"].ranges == [None, "bytes=20000-"]


def test_waits_as_long_as_the_server_asks_for(site, run):
    site["a.mp4"].statuses, site["a.mp4"].retry_after = [429], "1"
    begin = time.monotonic()
    assert list(run(listing(item(site["a.mp4"]))).files) == ["a"]
    assert time.monotonic() - begin >= 1


def test_the_same_call_again_asks_for_nothing(site, run):
    site["b.mp4"].statuses = [404]
    first = run(all_files(site))
    before = [asked(served) for served in site.values()]
    again = run(all_files(site))
    assert [asked(served) for served in site.values()] == before
    assert (again.files, again.failures) == (first.files, first.failures)


def test_failures_are_tried_again_when_asked_for(site, run):
    site["a.mp4"].statuses, site["b.mp4"].statuses = [404], [403] * 2
    run(all_files(site))
    some = run(all_files(site), replace(OPTIONS, retry_failed="forbidden"))
    assert sorted(some.files) == ["b", "c", "d"] and asked(site["a.mp4"]) == 1
    assert sorted(run(all_files(site), replace(OPTIONS, retry_failed="all")).files) == ["a", "b", "c", "d"]


def test_a_file_that_somebody_removed_is_fetched_again(site, run):
    run(all_files(site)).files["a"].unlink()
    assert run(all_files(site)).files["a"].is_file() and asked(site["a.mp4"]) == 2


def test_no_network_at_all_is_one_message_and_leaves_the_ledger_whole(run, tmp_path):
    items = [
        WebItem(key=name, url=f"http://127.0.0.1:9/{name}.mp4", via="http", video=name, split="train")
        for name in "abcdefgh"
    ]
    with pytest.raises(
        MissingError, match=r"there is no connection .*0 of 8 items are there, 0 failed, 8 are left"
    ) as error:
        run(listing(*items))
    assert error.value.exit_code == 3
    assert {row.state for row in ledger_of(tmp_path / "out").values()} == {"waiting"}


def test_a_bot_wall_ends_the_run_and_the_next_one_goes_on(site, run, tmp_path):
    wall = Served(b"<html>wall</html>", kind="text/html", statuses=[503] * 99)
    items = all_files(site).items
    slow = replace(OPTIONS, parallel=1)
    with serving_all({"unusual traffic": wall}):
        # yt-dlp tells the address in its message, as it would tell the site's words.
        walled = WebItem(key="x", url=wall.url, via="youtube", video="x", split="train")
        with pytest.raises(MissingError, match="wants to know whether this is a bot .*1 of 5 items are there"):
            run(listing(items[0], walled, *items[1:]), slow)
    assert [asked(site[f"{name}.mp4"]) for name in "abcd"] == [1, 0, 0, 0]
    assert ledger_of(tmp_path / "out")["x"].reason == "bot_check"
    assert sorted(run(listing(*items), slow).files) == ["a", "b", "c", "d"]


def test_only_one_process_is_at_a_folder(site, run, tmp_path):
    with lock(tmp_path / "out"), pytest.raises(MachineError, match="another avbench command is writing there"):
        run(all_files(site))


def test_says_how_the_list_changed(site, run, caplog):
    run(all_files(site))
    fetched = run(listing(*(replace(one, label="rain") for one in all_files(site).items[:1])))
    assert "the list changed since the last time: 3 removed (b, c, d), 1 changed (a)" in caplog.text
    assert fetched.changes.removed == ("b", "c", "d") and list(fetched.files) == ["a"]


def test_items_are_screened_and_the_reason_is_kept(site, run, tmp_path):
    site["b.mp4"].content = site["b.mp4"].content[:20_000]
    fetched = run(all_files(site), rules=RULES)
    assert sorted(fetched.files) == ["a", "c", "d"]
    assert [(failure.item, failure.stage) for failure in fetched.failures] == [("b", "screen")]
    assert fetched.facts["a"]["fps"] == 10 and ledger_of(tmp_path / "out")["a"].facts == fetched.facts["a"]


def test_what_another_video_shows_too_is_rejected_whatever_arrives_first(site, run):
    fetched = run(all_files(site), rules=replace(RULES, copies=False))
    assert list(fetched.files) == ["a"]
    assert {failure.reason for failure in fetched.failures} == {"duplicate"}
    without_a = listing(*all_files(site).items[1:])
    assert list(run(without_a, rules=replace(RULES, copies=False)).files) == ["b"]


def test_other_rules_screen_again_and_fetch_nothing(site, run):
    one = listing(item(site["a.mp4"]))
    run(one, rules=RULES)
    fetched = run(one, rules=replace(RULES, min_height=1000))
    assert [failure.reason for failure in fetched.failures] == ["low_resolution"] and asked(site["a.mp4"]) == 1


def test_videos_at_hand_are_not_fetched(site, tmp_path, engine, clip):
    (tmp_path / "mine.mp4").write_bytes(clip)
    fetched = fetch(
        listing(item(site["a.mp4"])),
        tmp_path / "out",
        options=OPTIONS,
        screening=None,
        engine=engine,
        files={"a": tmp_path / "mine.mp4"},
    )
    assert fetched.files["a"].samefile(tmp_path / "mine.mp4") and asked(site["a.mp4"]) == 0


def test_a_disk_that_takes_no_more_stops_the_run_which_then_goes_on(site, tmp_path):
    for name in "abcd":
        site[f"{name}.mp4"].content *= 60  # 3 MB: more than the ledger

    def run() -> Fetched:
        return fetch(all_files(site), tmp_path / "out", options=OPTIONS, screening=None, engine=HereEngine())

    with no_file_above(2_000_000), pytest.raises(MachineError, match="takes no larger file"):
        run()
    assert "failed" not in {row.state for row in ledger_of(tmp_path / "out").values()}
    assert len(run().files) == 4 and site["a.mp4"].ranges == [None, "bytes=2000000-"]


def test_a_finished_set_is_not_fetched_again_when_its_downloads_are_gone(site, run, tmp_path):
    finish(run(all_files(site)), tmp_path / "out")
    before = [asked(served) for served in site.values()]
    assert len(run(all_files(site)).files) == 4
    assert [asked(served) for served in site.values()] == before


def finish(fetched: Fetched, out: Path) -> None:
    """What making the set does."""
    with Ledger(out / LEDGER) as ledger:
        ledger.encoded([])
    (out / "clipset.json").write_text("{}")
    for file in fetched.files.values():
        if ".work" in file.parts:
            file.unlink()


PROGRAM = """
import sys
from pathlib import Path
from pipelines.engine import LocalEngine
from pipelines.web.download.queue import Patience
from pipelines.web.fetch import FetchOptions, fetch
from pipelines.web.item import Listing, Terms, WebItem

out, *urls = sys.argv[1:]
items = [WebItem(key=f"k{n}", url=url, via="http", video=f"k{n}", split="train") for n, url in enumerate(urls)]
terms = Terms(name="none", url="", text="", must_accept=False)
listing = Listing(source="test", origin="list.csv", sha256="", items=tuple(items), terms=terms)
options = FetchOptions(patience=Patience(between=0))
if __name__ == "__main__":
    with LocalEngine(2) as engine:
        print(len(fetch(listing, Path(out), options=options, screening=None, engine=engine).files))
"""


@pytest.mark.slow
def test_killed_in_the_middle_the_same_call_goes_on(clip, tmp_path):
    gate = threading.Event()
    site = {f"{number}.mp4": Served(clip, kind="video/mp4", gate=gate if number > 1 else None) for number in range(6)}
    program, out = tmp_path / "program.py", tmp_path / "out"
    program.write_text(PROGRAM)
    half = len(clip) // 2
    with serving_all(site):
        command = [sys.executable, program, out, *(served.url for served in site.values())]
        environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
        killed = subprocess.Popen(command, env=environment)
        while [held(part) for part in downloads_folder(out, keep=False).glob("*/part")] != [half] * 2:
            assert killed.poll() is None
            time.sleep(0.01)
        workers = psutil.Process(killed.pid).children(recursive=True)
        # All at once, as when a machine is lost: left alone, the workers die only when they next hear from the server.
        for process in (psutil.Process(killed.pid), *workers):
            process.send_signal(signal.SIGKILL)
        killed.wait()
        psutil.wait_procs(workers)
        fetched = [key for key, row in ledger_of(out).items() if row.file]
        gate.set()
        again = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert again.stdout == "6\n", again.stderr
    assert all((out / row.file).read_bytes() == clip for row in ledger_of(out).values())
    # Two were there, two went on where they had been, and two had not begun.
    assert fetched == ["k0", "k1"]
    assert sorted((served.ranges for served in site.values()), key=len) == [[None]] * 4 + [[None, f"bytes={half}-"]] * 2
