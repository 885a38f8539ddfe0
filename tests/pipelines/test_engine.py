from pathlib import Path

import pytest
from errands import Errand, begun, hang, hurry, run_errand

from pipelines.engine import LocalEngine, WorkerDiedError


@pytest.fixture(scope="module")
def engine():
    with LocalEngine(2) as engine:
        yield engine


def test_brings_back_what_the_work_gives(engine, tmp_path):
    futures = [engine.submit(run_errand, Errand(tmp_path, name)) for name in "abc"]
    assert [future.result() for future in futures] == ["a", "b", "c"]


def test_every_process_computes_with_one_thread(engine, tmp_path):
    engine.submit(run_errand, Errand(tmp_path, "a")).result()
    assert (tmp_path / "a").read_text().split()[1] == "1"


def test_passes_errors_on(engine):
    with pytest.raises(FileNotFoundError):
        engine.submit(Path.read_text, Path("/nowhere")).result()


def test_a_death_harms_neither_its_item_nor_those_beside_it(engine, tmp_path):
    once = engine.submit(run_errand, Errand(tmp_path, "once", deaths=1))
    beside = engine.submit(run_errand, Errand(tmp_path, "beside", seconds=0.2))
    assert [once.result(), beside.result()] == ["once", "beside"]
    assert len(begun(tmp_path / "once")) == 2


def test_an_item_that_kills_every_process_is_named_and_no_other(engine, tmp_path):
    deadly = engine.submit(run_errand, Errand(tmp_path, "deadly", deaths=9))
    beside = engine.submit(run_errand, Errand(tmp_path, "beside", seconds=0.2))
    with pytest.raises(WorkerDiedError, match="died, twice"):
        deadly.result()
    assert beside.result() == "beside"


def test_works_on_after_a_death(engine, tmp_path):
    with pytest.raises(WorkerDiedError):
        engine.submit(run_errand, Errand(tmp_path, "deadly", deaths=9)).result()
    assert engine.submit(run_errand, Errand(tmp_path, "next")).result() == "next"


def test_work_that_hangs_is_killed_when_its_time_is_up(engine):
    with pytest.raises(WorkerDiedError):
        engine.submit(hang, 0.2).result()


def test_work_that_was_in_time_is_left_alone(engine):
    assert engine.submit(hurry, 0.2).result() == "back"


def test_does_all_items_and_counts_them(engine, tmp_path):
    done = []
    engine.run_all(run_errand, [Errand(tmp_path, str(number)) for number in range(9)], done=done.append)
    assert done == list(range(1, 10)) and len(list(tmp_path.iterdir())) == 9


def test_stops_at_the_first_error(engine):
    with pytest.raises(FileNotFoundError):
        engine.run_all(Path.read_text, [Path("/nowhere")] * 9, done=lambda count: None)
