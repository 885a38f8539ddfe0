"""Stopping a training that has gone wrong, before it spoils the weights."""

import math
from collections.abc import Mapping

from avbench.errors import DataError
from models.run import Run

SMALLEST_SCALE = 1.0
"""Half precision starts at a loss scale of 65,536 and halves it whenever gradients overflow; a few times is normal."""


class DivergenceError(DataError):
    """The loss, its gradients or the loss scale have left what can be computed with."""


def check_finite(run: Run, step: int, losses: Mapping[str, float], gradient_norm: float) -> None:
    """Checks a step before its gradients change the weights.

    Args:
        losses: means over the step's batch, by name.

    Raises:
        DivergenceError: a number is infinite or NaN; the message names the step and the checkpoint to go on from.
    """
    numbers = {**losses, "gradient norm": gradient_norm}
    if not all(map(math.isfinite, numbers.values())):
        told = ", ".join(f"{name} {value:g}" for name, value in numbers.items())
        rate = run.config.training.learning_rate / 2
        advice = f"--set training.learning_rate={rate:g}"
        raise DivergenceError(f"{run.path}: step {step} gave {told}. {_kept(run)}, for example with {advice}")


def check_loss_scale(run: Run, step: int, scale: float) -> None:
    """Checks the loss scale of half precision after a step.

    Raises:
        DivergenceError: it has collapsed; the message names the step and the checkpoint to go on from.
    """
    if scale < SMALLEST_SCALE:
        raise DivergenceError(
            f"{run.path}: the loss scale has collapsed to {scale:g} at step {step}: every gradient overflows in half "
            f"precision. {_kept(run)}, for example with --set training.precision=bf16"
        )


def _kept(run: Run) -> str:
    """What there is to go on from, up to the setting to change."""
    files = run.checkpoints()
    if not files:
        return "There is no checkpoint yet: start again under another --name"
    again = f"`avbench train --resume {run.name} --force`"
    return f"The weights were good in {files[-1]}, which is kept: go on from it by {again}"
