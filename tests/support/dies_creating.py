"""`python dies_creating.py NUMBER ARGUMENT...`: avbench, killed when it is about to give a file its name for the
NUMBER-th time. Clips are not encoded, but replaced by a few bytes."""

import itertools
import os
import signal
import sys

import pytest
from drawn_study import without_encoding

from avbench.cli.main import run

_number = int(sys.argv.pop(1))
_passed = itertools.count(1)
_fsync = os.fsync


def _fsync_or_die(descriptor: int) -> None:
    if next(_passed) == _number:
        os.kill(os.getpid(), signal.SIGKILL)
    _fsync(descriptor)


os.fsync = _fsync_or_die
without_encoding(pytest.MonkeyPatch())
run()
