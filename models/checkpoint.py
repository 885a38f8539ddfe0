"""Checkpoints of a run: written whole or not at all, read as plain tensors, checked before they are believed.

A file is what `torch.save` makes of
    {"format": 1, "model": str, "step": int, "network": state dict, "ema": state dict, "training": dict}
where "training" holds all else that the training loop goes on from; it is {} in an imported run.
"""

import contextlib
import logging
import pickle
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import IO, Any, Literal

import torch
from torch import Tensor

from avbench.errors import DataError, MachineError
from avbench.workspace import atomic_file
from models.inert_unpickler import read_foreign
from models.published import plain_weights
from models.run import Run

logger = logging.getLogger(__name__)

FORMAT = 1

StateDict = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A network after `step` steps."""

    model: str  # registered name
    step: int
    network: StateDict
    ema: StateDict  # its moving average, float32: what samples are made with
    training: Mapping[str, Any] = field(default_factory=dict)  # tensors and plain values only


def save_checkpoint(run: Run, checkpoint: Checkpoint) -> Path:
    """Writes a checkpoint into its run; a reader sees the old files or the whole new one, even after `kill -9`.

    Raises:
        MachineError: it cannot be written, for example because the disk is full. Older checkpoints are as they were.
    """
    path = run.checkpoint_file(checkpoint.step)
    content = {"format": FORMAT} | {field.name: getattr(checkpoint, field.name) for field in fields(checkpoint)}
    try:
        with atomic_file(path) as temporary, temporary.open("wb") as file:
            _write(content, file)
    except MachineError as error:
        kept = [file for file in run.checkpoints() if file != path]
        last = f"the last good checkpoint is {kept[-1]}" if kept else "there is no earlier checkpoint"
        raise MachineError(f"{error}. Step {checkpoint.step} is not saved; {last}") from error
    return path


def remove_older(run: Run, keep: int) -> None:
    """Removes all checkpoints but the newest `keep`, and what killed processes left half-written.

    Only for the process that holds the run's lock.
    """
    for file in run.checkpoints()[:-keep]:
        file.unlink()
    for file in (run.path / "checkpoints").glob(".*.tmp"):
        file.unlink()


def load_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint that avbench wrote.

    Raises:
        DataError: the file is damaged or something else.
    """
    content = _read(path)
    if not _is_ours(content):
        raise DataError(
            f"{path}: not a checkpoint that this avbench wrote (format {FORMAT}); make a run of a published one with "
            "`avbench import`"
        )
    return Checkpoint(**{field.name: content[field.name] for field in fields(Checkpoint)})


def load_newest(run: Run) -> Checkpoint | None:
    """The newest checkpoint of a run that can be read; damaged ones are passed over with a warning. None: none yet.

    Raises:
        DataError: there are some, all of them damaged.
    """
    files = run.checkpoints()
    while files:
        file = files.pop()
        try:
            return load_checkpoint(file)
        except DataError as error:
            if not files:
                raise DataError(f"{error}. There is no older one; remove it to train {run.path} anew") from error
            logger.warning("%s. Going on from the older %s", error, files[-1])
    return None


def load_weights(run: Run, which: Literal["ema", "network"] = "ema", path: Path | None = None) -> StateDict:
    """The weights in a checkpoint of a run, by default in its newest.

    Raises:
        DataError: there is no checkpoint, or it is damaged; the message names the older one that can be used.
    """
    files = run.checkpoints()
    if path is None and not files:
        raise DataError(f"{run.path}: there is no checkpoint yet; train it with `avbench train --resume {run.name}`")
    chosen = path or files[-1]
    try:
        checkpoint = load_checkpoint(chosen)
    except DataError as error:
        older = [file for file in files if file < chosen]
        again = f"remove it and go on with `avbench train --resume {run.name}`"
        advice = f". Give the older {older[-1]} in its place, or {again}" if older else ""
        raise DataError(f"{error}{advice}") from error
    return checkpoint.ema if which == "ema" else checkpoint.network


def read_weights(path: Path, published: Callable[[Any], StateDict] = plain_weights) -> tuple[StateDict, bool]:
    """The weights in any checkpoint file, and whether they are a published one's: the EMA of one of ours.

    Args:
        published: finds the weights in the content of a published file, in which objects that are neither tensors nor
            plain values are a `models.inert_unpickler.Record` each.

    Raises:
        DataError: the file is damaged or holds no weights.
    """
    content = _any_content(path)
    ours = _is_ours(content)
    try:
        return (plain_weights(content["ema"]) if ours else published(content)), not ours
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _write(content: Any, file: IO[bytes]) -> None:
    try:
        torch.save(content, file)
    except RuntimeError as error:
        # torch stumbles over a failed write and reports that; what the file said is the context.
        if isinstance(error.__context__, OSError):
            raise error.__context__ from error
        raise


def _read(path: Path) -> Any:
    """The content of a file that `torch.save` wrote."""
    try:
        # torch does not look at the sums that it wrote, so that a flipped bit would pass as a weight.
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if (damaged := archive.testzip()) is not None:
                    raise zipfile.BadZipFile(f"{damaged} has another sum than when it was written")
        # Tensors only: a checkpoint is a pickle, and a pickle can run anything.
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such checkpoint") from None
    except (pickle.UnpicklingError, zipfile.BadZipFile, OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{path}: damaged, or not a checkpoint of plain tensors ({reason})") from error


def _any_content(path: Path) -> Any:
    """The content of a file of whatever form, by torch's own reader if that will."""
    if zipfile.is_zipfile(path):
        with contextlib.suppress(DataError):
            return _read(path)
    return read_foreign(path)


def _is_ours(content: Any) -> bool:
    return isinstance(content, dict) and content.get("format") == FORMAT
