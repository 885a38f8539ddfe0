"""Two renderings of one network, in processes of their own: time, peak memory, and how far their results differ.

Each process has its own peak of memory, told as it is after each kind of work. Rivals take turns, so that a busy
machine slows both: "best" compares the best of each, "median" the rounds pair by pair.
"""

import multiprocessing
import resource
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import torch
from timing import take_turns
from torch import Tensor

Tensors = Mapping[str, Tensor]


class Rival(ABC):
    """A rendering of a network that waits for work; more kinds of work are more methods.

    Attributes:
        outputs: of the last forward pass or step.
        gradients: of the last step. Both are named, and shaped, alike by both rivals.
    """

    def __init__(self) -> None:
        self.outputs: Tensors = {}
        self.gradients: Tensors = {}

    @abstractmethod
    def forward(self) -> None:
        """A forward pass without gradients."""

    @abstractmethod
    def step(self) -> None:
        """What a training step does up to its gradients."""


def compare(
    plain: Callable[[], Rival],
    ours: Callable[[], Rival],
    *,
    rounds: int,
    threads: int,
    works: Sequence[str] = ("forward", "step"),
) -> None:
    """Prints a line for each kind of work, and one about differences.

    Args:
        plain: makes the rival, in its process.
        works: methods of both, in order. What the last one leaves at its first call, which is not timed, is compared:
            later ones may begin from state that it moved, such as a codebook, and tell more of that than of themselves.
    """
    spawn = multiprocessing.get_context("spawn")
    pools = {
        name: ProcessPoolExecutor(1, spawn, initializer=_prepare, initargs=(make, threads))
        for name, make in (("plain", plain), ("ours", ours))
    }
    try:
        for work in works:
            if work == works[-1]:
                _compare_results(pools, work)
            calls = {name: partial(_in_process, pool, work) for name, pool in pools.items()}
            times = take_turns(calls, rounds)
            best, median = times["ours"].faster_than(times["plain"])
            peaks = {name: pool.submit(_peak_memory).result() / 2**30 for name, pool in pools.items()}
            print(
                f"  {work:8} plain {times['plain'].best:6.2f} s {peaks['plain']:5.2f} GiB   "
                f"ours {times['ours'].best:6.2f} s {peaks['ours']:5.2f} GiB   {best:.2f}x (median {median:.2f}x)",
                flush=True,
            )
    finally:
        for pool in pools.values():
            pool.shutdown()


def _compare_results(pools: Mapping[str, ProcessPoolExecutor], work: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in pools]
        for pool, file in zip(pools.values(), files, strict=True):
            _in_process(pool, work)
            pool.submit(_save, file).result()
        _report_differences(*(torch.load(file, mmap=True) for file in files))


def _report_differences(plain: Mapping[str, Tensors], ours: Mapping[str, Tensors]) -> None:
    """Largest difference of an output, in standard deviations, and of a gradient, relative to its tensor's norm.

    Some gradients are nothing but rounding, for example that of a bias before a normalisation: one below a
    thousandth of the largest is measured by that.
    """
    outputs = {
        key: float((ours["outputs"][key] - output).abs().max() / output.std())
        for key, output in plain["outputs"].items()
    }
    gradients = plain["gradients"]
    assert gradients.keys() == ours["gradients"].keys()
    least = 1e-3 * max(float(gradient.norm()) for gradient in gradients.values())
    relative = {
        key: float((ours["gradients"][key] - gradient).norm()) / max(float(gradient.norm()), least)
        for key, gradient in gradients.items()
    }
    worst = max(relative, key=lambda key: relative[key])
    print(
        f"  outputs within {max(outputs.values()):.1e} standard deviations, "
        f"gradients within {relative[worst]:.1e} ({worst})",
        flush=True,
    )


def _in_process(pool: ProcessPoolExecutor, work: str) -> None:
    pool.submit(_run, work).result()


# What follows runs in the rivals' processes.

_rival: Rival


def _prepare(make: Callable[[], Rival], threads: int) -> None:
    global _rival
    torch.set_num_threads(threads)
    torch.optim.Adam([torch.zeros(1)])  # imports what would else count as memory of the rival that needs it
    _rival = make()


def _run(work: str) -> None:
    getattr(_rival, work)()


def _peak_memory() -> int:
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _save(path: Path) -> None:
    torch.save({"outputs": dict(_rival.outputs), "gradients": dict(_rival.gradients)}, path)
