"""A real Ray cluster of two nodes on this machine, whose processes and nodes die in the middle of the work."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil
import pytest
from errands import Errand, begun, run_errand
from loopback import Served, serving_all

from avbench.errors import MachineError
from avbench.transfer import held
from avbench.workspace import sha256_file
from pipelines.engine import WorkerDiedError
from pipelines.prepare import prepare
from pipelines.ray_engine import RayEngine
from pipelines.source import SOURCES
from pipelines.storage import Storage
from pipelines.web.download.queue import Patience
from pipelines.web.fetch import FetchOptions, downloads_folder, fetch
from pipelines.web.item import Listing, Terms, WebItem
from pipelines.web.ledger import LEDGER, Ledger

pytestmark = [
    pytest.mark.slow,
    # Ray leaves the pipes to its own processes open.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

_ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{_ROOT}:{_ROOT / 'tests' / 'support'}")  # where worker processes find errands
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        cluster = Cluster()
        try:
            for _ in range(2):
                cluster.add_node(num_cpus=1, include_dashboard=False)
            cluster.wait_for_nodes()
            yield cluster
        finally:
            cluster.shutdown()


@pytest.fixture(scope="module")
def engine(cluster: Any) -> Iterator[RayEngine]:
    with RayEngine(cluster.address) as engine:
        yield engine


def busy_processes(cluster: Any) -> list[psutil.Process]:
    """The cluster's processes that carry a call out."""
    raylets = [psutil.Process(node.all_processes["raylet"][0].process.pid) for node in cluster.list_all_nodes()]
    return [child for raylet in raylets for child in raylet.children() if child.cmdline()[:1] == ["ray::_call"]]


def kill_one(cluster: Any, when: Callable[[], bool]) -> None:
    while not when() or not busy_processes(cluster):
        time.sleep(0.01)
    os.kill(busy_processes(cluster)[0].pid, signal.SIGKILL)


def test_works_on_both_nodes_with_one_thread_a_process(engine: RayEngine, tmp_path: Path) -> None:
    assert engine.workers == 2
    engine.run_all(run_errand, [Errand(tmp_path, str(n), seconds=0.5) for n in range(6)], done=lambda count: None)
    notes = [file.read_text().split() for file in tmp_path.iterdir()]
    assert len(notes) == 6 and {threads for _, threads in notes} == {"1"} and len({pid for pid, _ in notes}) > 1


def test_passes_errors_on(engine: RayEngine) -> None:
    with pytest.raises(FileNotFoundError):
        engine.submit(Path.read_text, Path("/nowhere")).result()


def test_an_item_that_kills_every_process_is_named_and_no_other(engine: RayEngine, tmp_path: Path) -> None:
    deadly = engine.submit(run_errand, Errand(tmp_path, "deadly", deaths=99))
    beside = engine.submit(run_errand, Errand(tmp_path, "beside", seconds=0.5))
    with pytest.raises(WorkerDiedError):
        deadly.result()
    assert beside.result() == "beside" and len(begun(tmp_path / "deadly")) == 3


def test_a_machine_that_lacks_the_folder_is_named(engine: RayEngine, tmp_path: Path) -> None:
    engine.check_folder(tmp_path)
    with pytest.raises(MachineError, match="does not have this folder; it must be on a file system that all"):
        engine.check_folder(tmp_path / "elsewhere")


def test_says_that_there_is_no_cluster() -> None:
    with pytest.raises(MachineError, match="there is no Ray cluster"), RayEngine("127.0.0.1:9"):
        pass


def test_a_worker_that_is_killed_loses_and_doubles_nothing(engine: RayEngine, cluster: Any, tmp_path: Path) -> None:
    clip = bytes(range(256)) * 200
    gate = Event()
    site = {f"{number}.mp4": Served(clip, kind="video/mp4", gate=gate) for number in range(6)}
    out = tmp_path / "out"

    def both_are_half_way() -> bool:
        parts = downloads_folder(out, keep=False).glob("*/part")
        return [held(part) for part in parts] == [len(clip) // 2] * 2

    def kill_one_half_way() -> None:
        kill_one(cluster, both_are_half_way)
        gate.set()

    with serving_all(site):
        items = tuple(
            WebItem(key=f"k{name[0]}", url=served.url, via="http", video=f"k{name[0]}", split="train")
            for name, served in site.items()
        )
        terms = Terms(name="none", url="", text="", must_accept=False)
        listing = Listing(source="test", origin="list.csv", sha256="", items=items, terms=terms)
        killer = Thread(target=kill_one_half_way)
        killer.start()
        options = FetchOptions(parallel=2, patience=Patience(between=0))
        fetched = fetch(listing, out, options=options, screening=None, engine=engine)
        killer.join()
    assert all(fetched.files[item.key].read_bytes() == clip for item in items) and fetched.failures == ()
    with Ledger(out / LEDGER) as ledger:
        assert [(row.key, row.state, row.attempts) for row in ledger.rows()] == [
            (item.key, "done", 1) for item in items
        ]
    # One file went on where the killed process had been; all others were sent once.
    asked = sorted((served.ranges for served in site.values()), key=len)
    assert asked == [[None]] * 5 + [[None, f"bytes={len(clip) // 2}-"]]


def test_the_set_has_the_same_bytes_as_one_that_was_made_here(engine: RayEngine, cluster: Any, tmp_path: Path) -> None:
    harvest, storage = SOURCES["synthetic"](4), Storage(clip_seconds=None)
    prepare(harvest, tmp_path / "here", name="x", storage=storage, workers=1)
    killer = Thread(target=kill_one, args=(cluster, lambda: True))
    killer.start()
    prepare(harvest, tmp_path / "there", name="x", storage=storage, engine=engine)
    killer.join()
    names = sorted(path.name for path in (tmp_path / "here").glob("*.tar"))
    assert names and [sha256_file(tmp_path / "there" / name) for name in names] == [
        sha256_file(tmp_path / "here" / name) for name in names
    ]


def test_a_node_that_is_lost_loses_nothing(engine: RayEngine, cluster: Any, tmp_path: Path) -> None:
    lost = cluster.add_node(num_cpus=2, include_dashboard=False)
    cluster.wait_for_nodes()
    names = [str(number) for number in range(12)]
    futures = [engine.submit(run_errand, Errand(tmp_path, name, seconds=3)) for name in names]
    raylet = psutil.Process(lost.all_processes["raylet"][0].process.pid)
    while not {str(child.pid) for child in raylet.children()} & {
        pid for note in tmp_path.iterdir() for pid in begun(note)
    }:
        time.sleep(0.1)
    cluster.remove_node(lost, allow_graceful=False)
    assert [future.result() for future in futures] == names
    assert any(len(begun(note)) == 2 for note in tmp_path.iterdir())
