"""What a run tells of itself: a row of means every few steps, into `metrics.csv` and TensorBoard.

Columns: `step`; `loss` and its parts, in a diffusion each also by quartile of the noise level (`loss_q1`: the least
noise), empty where no sample fell into it; `gradient_norm`; `skipped`, the share of updates that overflowed, and
`loss_scale` (half precision only); `learning_rate`; `ema_decay`, and `ema_distance`, how far the average lags behind
the weights; then the columns of `MACHINE`. A model of several optimisers has a loss and a `_gradient_norm` for each
phase, and a `_learning_rate` for each optimiser. What is first told in a later row, such as a loss that sets in then,
is a column at the end.
"""

import csv
import io
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import torch
from torch import Tensor

from avbench.workspace import atomic_write, machine_errors

MACHINE = ("samples_per_second", "memory_gib")
"""Columns that tell of the machine; all others are the same whenever and wherever the run is repeated."""

Row = Mapping[str, float | None]

_QUARTILES = 4


class Means:
    """Running means of named numbers, which can be put aside and gone on from without a rounding."""

    def __init__(self) -> None:
        self._sums: dict[str, tuple[float, int]] = {}

    def add(self, name: str, values: Tensor) -> None:
        """Counts values (N,) in; N may be 0, and what is not finite is left out."""
        values = values[values.isfinite()].double()
        total, count = self._sums.get(name, (0.0, 0))
        self._sums[name] = total + float(values.sum()), count + len(values)

    def add_losses(self, total: str, parts: Mapping[str, Tensor], noise_level: Tensor | None) -> None:
        """Counts the losses (N,) of samples in, by name, and their sum `total`: all, and by quartile of the level."""
        for name, values in {total: torch.stack(list(parts.values())).sum(0), **parts}.items():
            self.add(name, values)
            if noise_level is None:
                continue
            quartiles = (noise_level * _QUARTILES).long().clamp(max=_QUARTILES - 1)
            for quartile in range(_QUARTILES):
                self.add(f"{name}_q{quartile + 1}", values[quartiles == quartile])

    def take(self) -> dict[str, float | None]:
        """The means, None where nothing was counted; the counting begins anew."""
        means = {name: total / count if count else None for name, (total, count) in self._sums.items()}
        self._sums = {}
        return means

    def state_dict(self) -> dict[str, list[float]]:
        return {name: [total, count] for name, (total, count) in self._sums.items()}

    def load_state_dict(self, state: Mapping[str, list[float]]) -> None:
        self._sums = {name: (total, int(count)) for name, (total, count) in state.items()}


class MetricsFile:
    """`metrics.csv` and the TensorBoard events beside it, for the one process that writes.

    Args:
        after: the step that the run goes on from. Later rows, of steps that will be done again, are removed.

    Raises:
        MachineError: the files cannot be written.
    """

    def __init__(self, path: Path, *, after: int) -> None:
        # TensorBoard takes two seconds to import.
        from torch.utils.tensorboard import SummaryWriter

        self._path = path
        with machine_errors(path):
            self._keep(after)
            self._names = _header(path)
            self._file: TextIO = path.open("a", newline="")
            events = path.parent / "tensorboard"
            self._board: Any = SummaryWriter(str(events), purge_step=after + 1)

    def write(self, step: int, row: Row) -> None:
        """Adds a row; the file has a column for every name that there ever was.

        Raises:
            MachineError: the disk is full.
        """
        with machine_errors(self._path):
            self._widen([name for name in row if name not in self._names])
            self._file.write(_line([step, *(row.get(name) for name in self._names)]))
            self._file.flush()
        for name, value in row.items():
            if value is not None:
                self._board.add_scalar(_tag(name), value, step)
        self._board.flush()

    def sync(self) -> None:
        """Makes the rows survive a power cut, as the checkpoint does that is about to follow them.

        Raises:
            MachineError: the disk is full.
        """
        with machine_errors(self._path):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()
        self._board.close()

    def _widen(self, names: list[str]) -> None:
        """Adds columns, empty in the rows that there are."""
        if not names:
            return
        self._names += names
        self._file.close()
        rows = self._path.read_text().splitlines(keepends=True)[1:]
        padded = [row.removesuffix("\n") + "," * len(names) + "\n" for row in rows]
        atomic_write(self._path, "".join([_line(["step", *self._names]), *padded]))
        self._file = self._path.open("a", newline="")

    def _keep(self, after: int) -> None:
        """Removes the rows after a step, and one that a killed process left unfinished."""
        if not self._path.exists():
            return
        lines = self._path.read_text().splitlines(keepends=True)
        kept = [line for line in lines[1:] if line.endswith("\n") and int(line.split(",", 1)[0]) <= after]
        if not kept or kept != lines[1:]:
            atomic_write(self._path, "".join([lines[0], *kept]) if kept else "")


def read_metrics(path: Path) -> list[dict[str, float]]:
    """The rows of a `metrics.csv`, NaN for empty cells."""
    with path.open(newline="") as file:
        return [
            {name: float(value) if value else math.nan for name, value in row.items()} for row in csv.DictReader(file)
        ]


def _header(path: Path) -> list[str]:
    """The names of a file's columns but for the step; none yet in a new file."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return next(csv.reader(file), ["step"])[1:]


def _line(cells: list[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow("" if cell is None else cell for cell in cells)
    return text.getvalue()


def _tag(name: str) -> str:
    """The name with its group, as TensorBoard sorts by."""
    if name in MACHINE:
        return f"machine/{name}"
    base, _, quartile = name.rpartition("_q")
    return f"noise_level/{base}/{quartile}" if quartile.isdigit() else f"training/{name}"
