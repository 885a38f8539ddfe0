import os

import pytest

from avbench.errors import MachineError
from pipelines.workers import run_all

# The work is `exec`, since worker processes cannot import functions of a test.
NOTE = """
import os, pathlib, torch
pathlib.Path({folder!r}, {name!r}).write_text(f"{{os.getpid()}} {{torch.get_num_threads()}}")
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_does_every_item_with_one_thread(tmp_path, workers):
    done = []
    items = [NOTE.format(folder=str(tmp_path), name=name) for name in "abcde"]
    run_all(exec, items, workers=workers, done=done.append)
    notes = [path.read_text().split() for path in tmp_path.iterdir()]
    assert done == [1, 2, 3, 4, 5] and len(notes) == 5
    assert {threads for _, threads in notes} == {"1"}
    assert (str(os.getpid()) in {process for process, _ in notes}) == (workers == 1)


@pytest.mark.parametrize("workers", [1, 2])
def test_passes_errors_on(workers):
    with pytest.raises(ZeroDivisionError):
        run_all(exec, ["1 / 0", "1 / 0"], workers=workers, done=lambda count: None)


def test_says_that_a_worker_died():
    with pytest.raises(MachineError, match="a worker process died.*fewer --workers"):
        run_all(os._exit, [9, 9, 9], workers=2, done=lambda count: None)
