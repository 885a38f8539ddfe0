"""The runs that a model stands on: which ones are meant, and what follows from their settings."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from avbench.errors import UsageError
from models.config import RunConfig
from models.registry import MODELS
from models.run import RUNS, Run, find_run


def standing_on(config: RunConfig, named: Sequence[str]) -> RunConfig:
    """A run's settings with its first stages, of which the newest checkpoints are recorded.

    Args:
        named: runs by name, folder or checkpoint, in any order. For each that is not named, the newest run of its model
            that was trained on the same data is taken.

    Raises:
        UsageError: there is no such run, it is of another model or has no checkpoint, or its settings do not fit.
    """
    model = MODELS[config.model]
    runs = _by_model(config, named)
    chosen = {name: runs.get(kind) or _newest(kind, config) for name, kind in model.first_stages.items()}
    config = replace(config, first_stages=tuple(checkpoint for _, checkpoint in chosen.values()))
    return model.stand_on(config, {name: run.config for name, (run, _) in chosen.items()})


def _by_model(config: RunConfig, named: Sequence[str]) -> dict[str, tuple[Run, Path]]:
    """The named runs and their checkpoints."""
    wanted = list(MODELS[config.model].first_stages.values())
    found: dict[str, tuple[Run, Path]] = {}
    for text in named:
        run, checkpoint = find_run(text)
        kind = run.config.model
        if kind not in wanted:
            stands = f"stands on runs of {', '.join(wanted)}" if wanted else "stands on no other runs"
            raise UsageError(f"--first-stage {text}: {config.model} {stands}, and this is one of {kind}")
        if kind in found:
            raise UsageError(f"--first-stage: {found[kind][0].path} and {run.path} are both of {kind}; one is needed")
        if checkpoint is None and not run.checkpoints():
            raise UsageError(f"{run.path} has no checkpoint yet; train it with `avbench train --resume {run.name}`")
        found[kind] = run, checkpoint or run.checkpoints()[-1]
    return found


def _newest(kind: str, config: RunConfig) -> tuple[Run, Path]:
    """The run of a model whose checkpoint is the newest, among those of the data set."""
    data = config.data.resolve()
    ready = []
    for file in RUNS.glob("*/config.toml"):
        try:
            run = Run(file.parent)
        except UsageError:  # for example a model whose plug-in was not given
            continue
        if run.config.model == kind and run.config.data.resolve() == data and (checkpoints := run.checkpoints()):
            ready.append((run, checkpoints[-1]))
    if not ready:
        raise UsageError(
            f"{config.model} stands on a trained {kind}, and {RUNS}/ has none of {config.data}; train one with "
            f"`avbench train {kind} --data {config.data}`, or name one with --first-stage RUN"
        )
    return max(ready, key=lambda found: found[1].stat().st_mtime_ns)
