"""A plug-in for tests of interruptions: the toy model, in a process that can kill itself while it makes samples.

`TEST_DIES_AT="MOMENT NUMBER"` names the moment, and the how manieth of its kind: `batch` (the network has made it, and
none of it is written) or `rename` (a file is written under its temporary name, but not yet under its own).

The last bits of its samples depend on the batch, as those of large networks do: other batches give other bytes.
"""

import itertools
import os
import signal
import time
from typing import Any
from unittest import mock

from torch import Tensor
from toy_model import ToyModel

from models.draws import Draws
from models.model import Modality

_SLOW = 0.05  # seconds per batch

_moment, _number = (os.environ.get("TEST_DIES_AT") or "never 0").split()
_passed = itertools.count(1)


def _pass(moment: str) -> None:
    if moment == _moment and next(_passed) == int(_number):
        os.kill(os.getpid(), signal.SIGKILL)


_generate = ToyModel.generate


def _generate_slowly(self: ToyModel, network: Any, config: Any, draws: Draws, **options: Any) -> dict[Modality, Tensor]:
    time.sleep(_SLOW)
    samples = _generate(self, network, config, draws, **options)
    _pass("batch")
    return {modality: tensor + 0.01 * tensor.mean() for modality, tensor in samples.items()}


_fsync = os.fsync


def _fsync_and_pass(descriptor: int) -> None:
    _fsync(descriptor)
    _pass("rename")


mock.patch.object(ToyModel, "generate", _generate_slowly).start()
mock.patch.object(os, "fsync", _fsync_and_pass).start()
