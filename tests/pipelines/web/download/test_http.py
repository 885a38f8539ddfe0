"""Files from a real server that breaks off, refuses, trickles or serves something else."""

import email.utils
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from full_disk import no_file_above
from loopback import Served, serving_all

from avbench.errors import MachineError
from pipelines.web.download.classify import RefusedError
from pipelines.web.download.http import fetch_file, retry_after
from pipelines.web.download.pace import Limits

LIMITS = Limits(silence=5)


@pytest.fixture
def served(clip: bytes) -> Iterator[Served]:
    served = Served(clip, kind="video/mp4")
    with serving_all({"clips/a.mp4": served}):
        yield served


def test_brings_the_whole_file_under_its_suffix(served: Served, tmp_path: Path) -> None:
    file = fetch_file(served.url, tmp_path, LIMITS)
    assert file.read_bytes() == served.content and file.suffix == ".mp4"


@pytest.mark.parametrize("resets", [False, True], ids=["ends", "is reset"])
def test_goes_on_where_the_connection_broke(served: Served, tmp_path: Path, resets: bool) -> None:
    served.breaks, served.resets = [len(served.content) // 2], resets
    with pytest.raises(RefusedError) as refused:
        fetch_file(served.url, tmp_path, LIMITS)
    assert refused.value.reason == ("network" if resets else "truncated")
    assert fetch_file(served.url, tmp_path, LIMITS).read_bytes() == served.content
    assert served.ranges == [None, f"bytes={len(served.content) // 2}-"] and served.sent == len(served.content)


def test_begins_anew_where_the_file_changed_meanwhile(served: Served, tmp_path: Path) -> None:
    served.breaks = [1000]
    with pytest.raises(RefusedError):
        fetch_file(served.url, tmp_path, LIMITS)
    served.etag, served.content = '"two"', served.content[::-1]
    assert fetch_file(served.url, tmp_path, LIMITS).read_bytes() == served.content


def test_begins_anew_where_nobody_knows_what_a_part_belongs_to(served: Served, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(b"something else")
    assert fetch_file(served.url, tmp_path, LIMITS).read_bytes() == served.content
    assert served.ranges == [None]


def test_takes_what_an_earlier_process_had_all_of(served: Served, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(served.content)
    (tmp_path / "version").write_text(served.etag)
    assert fetch_file(served.url, tmp_path, LIMITS).read_bytes() == served.content
    assert served.sent == 0


def test_begins_anew_with_a_part_that_is_too_long(served: Served, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(served.content + b"more")
    (tmp_path / "version").write_text(served.etag)
    assert fetch_file(served.url, tmp_path, LIMITS).read_bytes() == served.content


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "removed"), (410, "removed"), (403, "forbidden"), (500, "server"), (429, "rate_limit")]
)
def test_says_how_the_server_refuses(served: Served, tmp_path: Path, status: int, reason: str) -> None:
    served.statuses = [status]
    with pytest.raises(RefusedError, match=f"the server answers {status}") as refused:
        fetch_file(served.url, tmp_path, LIMITS)
    assert refused.value.reason == reason and refused.value.retry_after is None


def test_hears_when_the_server_wants_to_be_asked_again(served: Served, tmp_path: Path) -> None:
    served.statuses, served.retry_after = [429], "17"
    with pytest.raises(RefusedError) as refused:
        fetch_file(served.url, tmp_path, LIMITS)
    assert refused.value.retry_after == 17


def test_reads_a_date_to_be_asked_again() -> None:
    assert retry_after(email.utils.formatdate(time.time() + 100, usegmt=True)) == pytest.approx(100, abs=5)
    assert retry_after(email.utils.formatdate(0, usegmt=True)) == 0
    assert retry_after("soon") is None and retry_after(None) is None


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "image/png", "application/json"])
def test_refuses_what_is_no_media(served: Served, tmp_path: Path, kind: str) -> None:
    served.kind = kind
    with pytest.raises(RefusedError, match="neither video nor sound") as refused:
        fetch_file(served.url, tmp_path, LIMITS)
    assert refused.value.reason == "not_media"


def test_ends_a_trickle(served: Served, tmp_path: Path) -> None:
    served.pause = 0.05  # 320 bytes a second
    with pytest.raises(RefusedError) as refused:
        fetch_file(served.url, tmp_path, Limits(least_speed=100_000, patience=0.3))
    assert refused.value.reason == "slow" and 0 < (tmp_path / "part").stat().st_size < len(served.content)


def test_ends_a_silence(served: Served, tmp_path: Path) -> None:
    served.pause = 3.0
    with pytest.raises(RefusedError, match="timed out") as refused:
        fetch_file(served.url, tmp_path, Limits(silence=0.3))
    assert refused.value.reason == "network"


def test_an_empty_file_is_no_file(served: Served, tmp_path: Path) -> None:
    served.content = b""
    with pytest.raises(RefusedError, match="an empty file"):
        fetch_file(served.url, tmp_path, LIMITS)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/a.mp4", "http://nothing.invalid/a.mp4"])
def test_says_that_there_is_no_connection(tmp_path: Path, url: str) -> None:
    with pytest.raises(RefusedError) as refused:
        fetch_file(url, tmp_path, LIMITS)
    assert refused.value.reason == "unreachable"


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as refused:
        fetch_file("clips/a.mp4", tmp_path, LIMITS)
    assert refused.value.reason == "other"


def test_a_disk_that_takes_no_more_is_no_fault_of_the_servers(served: Served, tmp_path: Path) -> None:
    with no_file_above(10_000), pytest.raises(MachineError, match="takes no larger file"):
        fetch_file(served.url, tmp_path, LIMITS)
    assert fetch_file(served.url, tmp_path, LIMITS).read_bytes() == served.content
