"""Downloads from a real server that breaks off, refuses or serves something else."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Served, serving

from avbench.errors import DataError, MachineError, MissingError
from avbench.weights import download as module
from avbench.weights.download import download

CONTENT = bytes(range(256)) * 4000  # about 1 MB: several chunks


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.0)


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(Served(CONTENT)) as server:
        yield server


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "weights.part"


def no_progress(done: int, total: int) -> None:
    pass


def test_brings_the_whole_file(served: Served, part: Path) -> None:
    download(served.url, part, size=len(CONTENT), progress=no_progress)
    assert part.read_bytes() == CONTENT


def test_tells_how_far_it_is(served: Served, part: Path) -> None:
    told: list[tuple[int, int]] = []
    download(served.url, part, size=len(CONTENT), progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (len(CONTENT), len(CONTENT)) and len(told) > 2 and told == sorted(told)


def test_goes_on_from_what_an_earlier_process_left(served: Served, part: Path) -> None:
    part.write_bytes(CONTENT[:300_000])
    download(served.url, part, size=len(CONTENT), progress=no_progress)
    assert part.read_bytes() == CONTENT
    assert served.ranges == ["bytes=300000-"] and served.sent == len(CONTENT) - 300_000


def test_goes_on_after_a_broken_connection(served: Served, part: Path) -> None:
    served.breaks = [400_000, 100_000]
    download(served.url, part, size=len(CONTENT), progress=no_progress)
    assert part.read_bytes() == CONTENT
    assert served.ranges == [None, "bytes=400000-", "bytes=500000-"] and served.sent == len(CONTENT)


def test_begins_anew_where_the_server_knows_no_ranges(served: Served, part: Path) -> None:
    served.knows_ranges = False
    part.write_bytes(b"?" * 300_000)
    download(served.url, part, size=len(CONTENT), progress=no_progress)
    assert part.read_bytes() == CONTENT


def test_begins_anew_when_the_file_changes_while_the_connection_is_broken(served: Served, part: Path) -> None:
    served.breaks = [400_000]
    other = CONTENT[::-1]

    def change(done: int, total: int) -> None:
        if served.etag == '"one"' and done == 400_000:
            served.content, served.etag = other, '"two"'

    download(served.url, part, size=None, progress=change)
    assert part.read_bytes() == other


def test_asks_for_nothing_when_the_part_is_whole(served: Served, part: Path) -> None:
    part.write_bytes(CONTENT)
    download(served.url, part, size=len(CONTENT), progress=no_progress)
    assert served.ranges == []


def test_throws_away_a_part_that_is_longer_than_the_file(served: Served, part: Path) -> None:
    part.write_bytes(CONTENT + b"more")
    download(served.url, part, size=len(CONTENT), progress=no_progress)
    assert part.read_bytes() == CONTENT and served.ranges == [None]


def test_takes_a_file_of_unknown_size(served: Served, part: Path) -> None:
    served.names_length = False
    download(served.url, part, size=None, progress=no_progress)
    assert part.read_bytes() == CONTENT


def test_tries_again_when_the_server_is_busy(served: Served, part: Path) -> None:
    served.statuses = [503, 429]
    download(served.url, part, size=len(CONTENT), progress=no_progress)
    assert part.read_bytes() == CONTENT and len(served.ranges) == 3


def test_gives_up_at_once_when_the_file_is_not_there(served: Served, part: Path) -> None:
    served.statuses = [404]
    with pytest.raises(MissingError, match="127.0.0.1.*answers 404 Not Found"):
        download(served.url, part, size=len(CONTENT), progress=no_progress)
    assert len(served.ranges) == 1


def test_gives_up_when_nothing_comes_several_times_in_a_row(served: Served, part: Path) -> None:
    served.breaks = [0] * 10
    with pytest.raises(MissingError, match="ended after 0 of 1,024,000 bytes"):
        download(served.url, part, size=len(CONTENT), progress=no_progress)
    assert len(served.ranges) == 3


def test_many_breaks_are_no_reason_to_give_up_while_something_comes(served: Served, part: Path) -> None:
    served.breaks = [50_000] * 12
    download(served.url, part, size=len(CONTENT), progress=no_progress)
    assert part.read_bytes() == CONTENT


def test_says_that_nobody_answers(part: Path) -> None:
    with serving(Served(CONTENT)) as closed:
        pass
    with pytest.raises(MissingError, match="127.0.0.1.*refused"):
        download(closed.url, part, size=len(CONTENT), progress=no_progress)


def test_refuses_a_file_of_another_size_before_it_is_downloaded(served: Served, part: Path) -> None:
    served.content = b"<html>please log in</html>"
    with pytest.raises(DataError, match="offers 26 bytes; wanted are 1,024,000"):
        download(served.url, part, size=len(CONTENT), progress=no_progress)
    assert not part.exists()


def test_says_that_the_disk_is_full(served: Served, part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, mode: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(MachineError, match="disk is full"):
        download(served.url, part, size=len(CONTENT), progress=no_progress)
