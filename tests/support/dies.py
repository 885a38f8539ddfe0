"""A plug-in for tests of interruptions: a process that can kill itself, slow enough to be caught at work from outside.

`TEST_DIES_AT="MOMENT NUMBER"` names the moment, and the how manieth of its kind: `batch` (a network is at work on
it), `commit` (its rows are in the cache's journal, but not yet in the cache) or `rename` (a file is written under its
temporary name, but not yet under its own).

The last bits of its networks depend on the batch, as those of large ones do: other batches give other bytes.
"""

import itertools
import os
import signal
import time
from pathlib import Path
from unittest import mock

from tiny import TinyAudio, TinyVideo
from torch import Tensor

from avbench.features import extract
from avbench.features.cache import FeatureCache
from avbench.features.extractor import EXTRACTORS, Compute, Forward, Switches

_SLOW = 0.05  # seconds per batch

_moment, _number = (os.environ.get("TEST_DIES_AT") or "never 0").split()
_passed = itertools.count(1)


def _pass(moment: str) -> None:
    if moment == _moment and next(_passed) == int(_number):
        os.kill(os.getpid(), signal.SIGKILL)


def _mortal(forward: Forward) -> Forward:
    def slowly(inputs: Tensor) -> Tensor:
        time.sleep(_SLOW)
        _pass("batch")
        return forward(inputs) * (1 + 1e-5 * inputs.mean())

    return slowly


class _MortalVideo(TinyVideo):
    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        return _mortal(super().load(checkpoint, compute, switches))


class _MortalAudio(TinyAudio):
    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        return _mortal(super().load(checkpoint, compute, switches))


class _MortalCache(FeatureCache):
    def __init__(self, identity: str) -> None:
        super().__init__(identity)
        # Called before each statement is carried out.
        self._database.set_trace_callback(lambda statement: _pass("commit") if statement == "COMMIT" else None)


_fsync = os.fsync


def _fsync_and_pass(descriptor: int) -> None:
    _fsync(descriptor)
    _pass("rename")


for _extractor in (_MortalVideo(), _MortalAudio()):
    EXTRACTORS.register(_extractor.name)(_extractor)
mock.patch.object(extract, "FeatureCache", _MortalCache).start()
mock.patch.object(os, "fsync", _fsync_and_pass).start()
