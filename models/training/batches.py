"""Which example is where: sample p of step k is a function of (seed, k, p) alone, whoever computes it.

So there is no position to save and none to restore, and ranks, micro-batches and reading processes change nothing.
"""

import contextlib
import functools
import multiprocessing
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, default_collate

from avbench.errors import AvbenchError, MachineError, UsageError
from avbench.seeds import stream
from models.model import Examples

_AHEAD = 4  # micro-batches that each reading process prepares


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The part of every step that one process computes.

    Raises:
        UsageError: the batch does not divide.
    """

    batch_size: int  # samples of a step, over all processes
    accumulation: int = 1  # micro-batches per process
    rank: int = 0
    processes: int = 1

    def __post_init__(self) -> None:
        if self.batch_size % (self.processes * self.accumulation):
            raise UsageError(
                f"a batch of {self.batch_size} does not divide into {self.processes} process(es) x "
                f"{self.accumulation} micro-batch(es); change --set training.batch_size or training.accumulation"
            )

    @property
    def micro_batch(self) -> int:
        """Samples that go through the network at once."""
        return self.batch_size // (self.processes * self.accumulation)

    def positions(self, micro: int) -> range:
        """The places in the step's batch of the samples of micro-batch `micro`."""
        first = (self.rank * self.accumulation + micro) * self.micro_batch
        return range(first, first + self.micro_batch)


class Batches:
    """The micro-batches of a run's steps.

    Args:
        workers: processes that read ahead; 0: read here. The same numbers come out.
    """

    def __init__(
        self, examples: Examples, *, seed: int, share: Share, workers: int = 0, pin_memory: bool = False
    ) -> None:
        self._sequence = _Sequence(examples, seed)
        self._share = share
        self._workers = workers
        self._pin_memory = pin_memory

    def steps(self, first: int, last: int) -> Iterator[tuple[int, list[dict[str, Tensor]]]]:
        """Steps `first` to `last`, counted from 1, each with its micro-batches: tensors by name, on the CPU.

        Raises:
            AvbenchError: what reading an example raised.
            MachineError: a reading process died.
        """
        steps = range(first, last + 1)
        loader: DataLoader[Any] = DataLoader(
            self._sequence,
            batch_sampler=(self._numbers(step, micro) for step in steps for micro in range(self._share.accumulation)),
            num_workers=self._workers,
            # Forked, since the models and examples of a plug-in cannot be sent to a process that has not loaded it.
            multiprocessing_context=multiprocessing.get_context("fork") if self._workers else None,
            prefetch_factor=_AHEAD if self._workers else None,
            worker_init_fn=_begin_worker,
            collate_fn=_collate,
            pin_memory=self._pin_memory,
        )
        batches = iter(loader)
        for step in steps:
            yield step, [_next(batches) for _ in range(self._share.accumulation)]

    def _numbers(self, step: int, micro: int) -> list[int]:
        """Where the examples of a micro-batch stand in the endless sequence of all."""
        before = (step - 1) * self._share.batch_size
        return [before + position for position in self._share.positions(micro)]


class _Sequence(Dataset[Any]):
    """The examples in the order in which they are trained on: one permutation of the clips after the other."""

    def __init__(self, examples: Examples, seed: int) -> None:
        self._examples = examples
        self._seed = seed
        self._permutation = functools.lru_cache(maxsize=2)(self._permuted)  # a batch may reach into the next epoch

    def __getitem__(self, number: int) -> dict[str, Tensor] | AvbenchError:
        """An error is returned, not raised: on its way out of a process its message would drown in a traceback."""
        epoch, place = divmod(number, len(self._examples))
        index = int(self._permutation(epoch)[place])
        try:
            with _one_thread():
                return self._examples.read(index, stream(self._seed, "train", "example", number))
        except AvbenchError as error:
            return error

    def _permuted(self, epoch: int) -> NDArray[np.int64]:
        return stream(self._seed, "train", "order", epoch).permutation(len(self._examples))


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """As in a reading process, so that both resample sound to the same bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _begin_worker(worker: int) -> None:
    # Ctrl-C, `timeout` and batch systems signal all processes of a job; the main one finishes its step first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _collate(examples: list[dict[str, Tensor] | AvbenchError]) -> dict[str, Tensor] | AvbenchError:
    for example in examples:
        if isinstance(example, AvbenchError):
            return example
    batch: dict[str, Tensor] = default_collate(examples)
    return batch


def _next(batches: Iterator[Any]) -> dict[str, Tensor]:
    try:
        batch: dict[str, Tensor] | AvbenchError = next(batches)
    except RuntimeError as error:
        if "DataLoader worker" in str(error):
            raise MachineError(
                "a process that reads clips died, probably out of memory; go on with fewer --workers"
            ) from error
        raise
    if isinstance(batch, AvbenchError):
        raise batch
    return batch
