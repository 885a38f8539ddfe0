"""Published checkpoints as runs: from a file of the released code to a run that samples, trains on and is evaluated."""

from collections.abc import Mapping
from pathlib import Path

from avbench.errors import DataError, UsageError
from avbench.settings import changed
from models.checkpoint import Checkpoint, read_weights, save_checkpoint
from models.config import RunConfig
from models.registry import MODELS
from models.run import RUNS, Run, new_name


def import_checkpoint(
    file: Path,
    model: str,
    *,
    data: Path,
    preset: str = "released",
    changes: Mapping[str, str] | None = None,
    name: str = "",
) -> Run:
    """Makes a run of a published checkpoint, with its weights as the checkpoint of step 0.

    Args:
        file: a plain {key: tensor} file with the released code's keys: `Landscape.pt`, `ema_0.9999_100000.pt`,
            `model100000.pt`, `Landscape_SR.pt` and their like.
        model: registered name.
        data: what the network was trained on, for evaluation; need not exist yet.
        preset: the settings to begin with.
        changes: settings by dotted name, where the network has others than the preset.
        name: of the run; "" for `<model>-<data>-<preset>-<number>`.

    Raises:
        UsageError: there is no such model or preset, or there is a run of that name.
        DataError: the file is damaged, or a checkpoint of another network; the message names what differs.
        MachineError: the run cannot be written.
    """
    chosen = MODELS[model]
    if preset not in chosen.presets:
        raise UsageError(f'{model} has no preset "{preset}"; known: {", ".join(chosen.presets)}')
    settings = chosen.presets[preset]
    config = RunConfig(
        model=model,
        preset=preset,
        data=data,
        spec=settings.spec,
        network=settings.network,
        training=settings.training,
        sampling=settings.sampling,
    )
    config = changed(config, changes or {})
    path = RUNS / (name or new_name(config))
    if (path / "config.toml").exists():
        raise UsageError(f"{path}: there is a run already; choose another --name")
    weights, published = read_weights(file, chosen.published_weights)
    if not published:
        raise UsageError(f"{file} is no published checkpoint but one of avbench; it is in a run already")
    try:
        network = chosen.from_published(weights, config)
    except DataError as error:
        raise DataError(f"{file}: {error}") from error
    run = Run.create(path, config)
    state = network.state_dict()
    save_checkpoint(run, Checkpoint(model=model, step=0, network=state, ema=state))
    return run
