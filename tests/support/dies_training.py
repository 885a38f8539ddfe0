"""A plug-in for tests of interruptions: the toy model, in a process that can kill itself with SIGKILL.

`TEST_DIES_AT="MOMENT NUMBER"` names the moment, and the how manieth of its kind: `losses` (a step is being computed),
`row` (rows of metrics are on the disk, their checkpoint is not), `write` (a checkpoint is half written, under its
temporary name) or `rename` (it is written whole, but not yet under its own).
"""

import io
import itertools
import os
import signal
from typing import IO, Any
from unittest import mock

import torch
from toy_model import ToyModel

from models import checkpoint
from models.training.metrics import MetricsFile

_moment, _number = (os.environ.get("TEST_DIES_AT") or "never 0").split()
_passed = itertools.count(1)


def _pass(moment: str) -> bool:
    return moment == _moment and next(_passed) == int(_number)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _before(moment: str, function: Any) -> Any:
    def act(*arguments: Any, **named: Any) -> Any:
        if _pass(moment):
            _die()
        return function(*arguments, **named)

    return act


def _save(content: Any, file: IO[bytes]) -> None:
    whole = io.BytesIO()
    save(content, whole)
    data = whole.getvalue()
    half = len(data) // 2
    for moment, part in (("write", data[:half]), ("rename", data[half:])):
        file.write(part)
        file.flush()
        if _pass(moment):
            _die()


save = torch.save
mock.patch.object(checkpoint.torch, "save", _save).start()
mock.patch.object(ToyModel, "losses", _before("losses", ToyModel.losses)).start()
mock.patch.object(MetricsFile, "sync", _before("row", MetricsFile.sync)).start()
