"""The cache of weights: nothing gets in or out whose hash was not compared."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from known_weights import CONTENT, downloadable, register, sha256
from loopback import Served, serving

from avbench import weights, workspace
from avbench.errors import DataError, MachineError, MissingError, UsageError
from avbench.weights import download

WRONG = CONTENT[::-1]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_FIRST_PAUSE", 0.0)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server for the weights "small", whose hash is known."""
    with serving(Served(CONTENT)) as server:
        register(monkeypatch, downloadable(server.url))
        yield server


@pytest.fixture
def nameless(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server for the weights "small", whose publisher names no hash."""
    with serving(Served(CONTENT)) as server:
        register(monkeypatch, downloadable(server.url, known=False))
        yield server


def hold(content: bytes) -> Path:
    path = weights.path_of("small")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def left_over(home: Path) -> set[str]:
    return {path.name for path in (home / "weights").iterdir()} - {".lock"}


def test_fetched_weights_lie_in_the_home_folder(served: Served, own_home: Path) -> None:
    fetched = weights.fetch("small")
    assert fetched == weights.ResolvedWeights(own_home / "weights" / "small.pt", sha256(CONTENT), verified=True)
    assert fetched.path.read_bytes() == CONTENT and left_over(own_home) == {"small.pt"}


def test_weights_that_are_there_are_not_fetched_again(served: Served) -> None:
    weights.fetch("small")
    weights.fetch("small")
    assert len(served.ranges) == 1


def test_progress_is_told_under_the_name_of_the_weights(served: Served) -> None:
    told: list[tuple[str, int, int]] = []
    weights.fetch("small", lambda what, done, total: told.append((what, done, total)))
    assert told[-1] == ("small", len(CONTENT), len(CONTENT))


def test_an_interrupted_fetch_goes_on(served: Served) -> None:
    def interrupt(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        weights.fetch("small", interrupt)
    weights.fetch("small")
    assert served.ranges[0] is None and served.ranges[1] is not None
    assert weights.path_of("small").read_bytes() == CONTENT


def test_wrong_bytes_are_deleted_and_both_hashes_named(served: Served, own_home: Path) -> None:
    served.content = WRONG
    with pytest.raises(DataError, match=f"its sha256 is {sha256(WRONG)}.* is {sha256(CONTENT)}"):
        weights.fetch("small")
    assert left_over(own_home) == set()


def test_a_damaged_file_in_the_cache_is_fetched_anew(served: Served) -> None:
    hold(WRONG)
    assert weights.fetch("small").path.read_bytes() == CONTENT


def test_a_second_place_is_tried_when_the_first_fails(monkeypatch: pytest.MonkeyPatch, served: Served) -> None:
    with serving(Served(b"")) as closed:
        pass
    both = {field: getattr(downloadable(""), field) for field in weights.Weights.__slots__}
    register(monkeypatch, weights.Weights(**both | {"urls": (closed.url, served.url)}))
    assert weights.fetch("small").path.read_bytes() == CONTENT


def test_two_processes_do_not_fetch_into_one_cache(served: Served, own_home: Path) -> None:
    with workspace.lock(own_home / "weights"), pytest.raises(MachineError, match="another avbench command"):
        weights.fetch("small")


@pytest.mark.parametrize("way_out", ["avbench weights fetch small", "avbench weights add small FILE", "embedded"])
def test_a_file_that_cannot_be_fetched_is_an_error_that_names_the_ways_out(served: Served, way_out: str) -> None:
    served.statuses = [404]
    with pytest.raises(MissingError, match=f"answers 404 Not Found.*{way_out}"):
        weights.resolve("small")


def test_offline_forbids_to_fetch(served: Served) -> None:
    with pytest.raises(MissingError, match="offline or AVBENCH_OFFLINE forbids.*avbench weights add small FILE"):
        weights.resolve("small", offline=True)
    assert served.ranges == []


def test_the_environment_forbids_to_fetch(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVBENCH_OFFLINE", "1")
    for attempt in (weights.fetch, weights.resolve):
        with pytest.raises(MissingError, match="AVBENCH_OFFLINE forbids"):
            attempt("small")
    assert served.ranges == []


def test_offline_is_no_obstacle_to_weights_that_are_there(served: Served) -> None:
    hold(CONTENT)
    assert weights.resolve("small", offline=True).verified


def test_size_licence_hash_and_source_are_announced_before_anything_is_fetched(served: Served) -> None:
    announced: list[str] = []

    def announce(text: str) -> None:
        assert served.ranges == []
        announced.append(text)

    weights.resolve("small", announce=announce)
    assert announced == [f"small: small.pt, 0.5 MB, MIT, sha256 {sha256(CONTENT)}, from {served.url}"]


def test_a_damaged_file_in_the_cache_never_reaches_a_network(served: Served) -> None:
    hold(WRONG)
    with pytest.raises(DataError, match=r"small\.pt: its sha256 is .*avbench weights fetch small"):
        weights.resolve("small")


def test_an_override_may_be_any_file_but_counts_as_unverified(served: Served, tmp_path: Path) -> None:
    mine = tmp_path / "mine.pt"
    mine.write_bytes(WRONG)
    assert weights.resolve("small", {"small": mine}) == weights.ResolvedWeights(mine, sha256(WRONG), verified=False)


def test_an_override_with_the_registered_hash_counts_as_verified(served: Served, tmp_path: Path) -> None:
    mine = tmp_path / "mine.pt"
    mine.write_bytes(CONTENT)
    assert weights.resolve("small", {"small": mine}).verified


def test_an_override_that_is_not_there_is_a_usage_error(served: Served, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"small=.*nowhere\.pt: there is no such file"):
        weights.resolve("small", {"small": tmp_path / "nowhere.pt"})


def test_an_override_of_unknown_weights_is_a_usage_error(served: Served, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='no weights file is called "smal"'):
        weights.resolve("small", {"smal": tmp_path / "mine.pt"})


def test_verify_says_when_there_is_nothing(served: Served) -> None:
    with pytest.raises(MissingError, match=r"small\.pt is missing\. Ways out: .*avbench weights fetch small"):
        weights.verify("small")


def test_a_file_that_somebody_brought_is_copied_into_the_cache(served: Served, tmp_path: Path) -> None:
    mine = tmp_path / "mine.pt"
    mine.write_bytes(CONTENT)
    assert weights.add("small", mine) == weights.verify("small")
    assert mine.exists() and weights.path_of("small").read_bytes() == CONTENT


def test_a_wrong_file_that_somebody_brought_is_refused(served: Served, tmp_path: Path, own_home: Path) -> None:
    mine = tmp_path / "mine.pt"
    mine.write_bytes(WRONG)
    with pytest.raises(DataError, match=rf"mine\.pt: its sha256 is {sha256(WRONG)}.*--weights small=FILE"):
        weights.add("small", mine)
    assert left_over(own_home) == set() and mine.exists()


def test_a_brought_file_must_be_there(served: Served, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.pt: there is no such file"):
        weights.add("small", tmp_path / "nowhere.pt")


def test_a_hash_that_nobody_publishes_is_recorded_at_first_use(nameless: Served) -> None:
    weights.fetch("small")
    record = weights.path_of("small").with_name("small.pt.sha256")
    assert record.read_text() == f"{sha256(CONTENT)}  small.pt\n"


def test_a_recorded_hash_is_held_to(nameless: Served) -> None:
    weights.fetch("small").path.unlink()
    nameless.content = WRONG
    with pytest.raises(DataError, match=f"recorded in .*small.pt.sha256 is {sha256(CONTENT)}"):
        weights.fetch("small")


def test_a_recorded_hash_is_held_to_for_brought_files_too(nameless: Served, tmp_path: Path) -> None:
    weights.fetch("small")
    mine = tmp_path / "mine.pt"
    mine.write_bytes(WRONG)
    with pytest.raises(DataError, match="recorded in"):
        weights.add("small", mine)


def test_a_part_is_not_continued_where_no_hash_would_tell_a_mixture(nameless: Served, own_home: Path) -> None:
    (own_home / "weights").mkdir()
    (own_home / "weights" / ".small.pt.part").write_bytes(WRONG[:1000])
    assert weights.fetch("small").path.read_bytes() == CONTENT
    assert nameless.ranges == [None]


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights called "small" that lie where programs cannot get them."""
    known = downloadable("nowhere", known=False)
    register(
        monkeypatch, dataclasses.replace(known, used_for="import", urls=(), also_at="a cloud folder, file small.pt")
    )


@pytest.mark.parametrize("get", [weights.fetch, weights.resolve])
def test_what_only_a_person_can_get_is_an_error_that_says_from_where(by_hand: None, get) -> None:
    with pytest.raises(
        MissingError, match=r"with a browser from a cloud folder, file small\.pt, and run .* small FILE"
    ):
        get("small")


def test_what_a_person_brought_is_held_to_its_hash(by_hand: None, tmp_path: Path) -> None:
    file = tmp_path / "downloaded.pt"
    file.write_bytes(CONTENT)
    weights.add("small", file)
    assert weights.fetch("small").sha256 == sha256(CONTENT)
    hold(WRONG)
    with pytest.raises(DataError, match=r"from a cloud folder, file small\.pt; .*its path to `avbench import`"):
        weights.resolve("small")
