import os
import signal

import pytest
import torch

from avbench.errors import DataError, MachineError, UsageError
from models.training.batches import Batches, Share


class Letters:
    """Examples that tell who they are and what they drew."""

    def __init__(self, count=5, *, act=lambda index: None):
        self.count = count
        self.act = act

    def __len__(self):
        return self.count

    def read(self, index, generator):
        self.act(index)
        return {"index": torch.tensor(index), "drawn": torch.tensor(generator.random())}


def read(first=1, last=5, *, examples=None, seed=0, workers=0, **share):
    """All values of some steps, in the order of their places, over all ranks."""
    share = {"batch_size": 4} | share
    ranks = [Share(**share, rank=rank) for rank in range(share.get("processes", 1))]
    steps = [
        Batches(examples or Letters(), seed=seed, share=rank, workers=workers).steps(first, last) for rank in ranks
    ]
    return [
        [torch.cat([batch[name] for _, micro in parts for batch in micro]).tolist() for name in ("index", "drawn")]
        for parts in zip(*steps, strict=True)
    ]


def test_each_epoch_has_every_example_once_in_an_order_of_its_own():
    indices = [index for step, _ in read(1, 5) for index in step]
    epochs = [indices[first : first + 5] for first in range(0, 20, 5)]
    assert all(sorted(epoch) == [0, 1, 2, 3, 4] for epoch in epochs)
    assert len(set(map(tuple, epochs))) > 1


@pytest.mark.parametrize(
    "how", [{"workers": 2}, {"accumulation": 2}, {"processes": 2}, {"processes": 2, "accumulation": 2, "workers": 1}]
)
def test_who_reads_changes_nothing(how):
    assert read(**how) == read()


def test_a_later_step_can_be_the_first():
    assert read(3, 5) == read()[2:]


def test_the_same_clip_is_drawn_from_anew_each_time():
    drawn = [value for _, step in read(1, 5) for value in step]
    assert len(set(drawn)) == len(drawn) == 20


def test_another_seed_gives_another_order_and_other_draws():
    assert read(seed=1) != read()


def test_a_batch_that_does_not_divide_is_refused():
    with pytest.raises(UsageError, match=r"batch of 6 does not divide into 2 process\(es\) x 2 micro-batch\(es\)"):
        Share(batch_size=6, accumulation=2, processes=2)


def fail(index):
    raise DataError(f"clip {index} is damaged")


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_in_reading_arrives_as_it_was(workers):
    with pytest.raises(DataError, match=r"^clip \d is damaged$"):
        read(examples=Letters(act=fail), workers=workers)


def test_a_reading_process_that_dies_is_a_machine_error():
    with pytest.raises(MachineError, match="a process that reads clips died.*fewer --workers"):
        read(examples=Letters(act=lambda index: os.kill(os.getpid(), signal.SIGKILL)), workers=1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_wish_to_stop_does_not_end_the_reading_processes(number):
    assert read(examples=Letters(act=lambda index: os.kill(os.getpid(), number)), workers=1) == read()
