"""What this machine can train: its default preset, its memory, and what would fit."""

import os
import resource
from pathlib import Path

import psutil
import torch

from avbench.errors import UsageError
from models.config import RunConfig
from models.model import Model, Preset

_GIB = 2**30
_MOST_WORKERS = 8
_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")  # may be far below the machine's memory


def default_preset(model: Model) -> str:
    """`base` on a GPU, `tiny` without one; the only preset of a model that has but one.

    Raises:
        UsageError: the model has no such preset.
    """
    wanted = "base" if torch.cuda.is_available() else "tiny"
    if wanted in model.presets:
        return wanted
    if len(model.presets) == 1:
        return next(iter(model.presets))
    raise UsageError(f"the model has no preset {wanted}; choose one with --preset: {', '.join(model.presets)}")


def available_gib() -> float:
    """Memory that a training process may take: the GPU's, or its share of the main memory."""
    if torch.cuda.is_available():
        return torch.cuda.mem_get_info()[0] / _GIB
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return min(float(psutil.virtual_memory().available), _container_limit()) / _GIB / processes


def used_gib() -> float:
    """The most memory that this process has taken so far, of the GPU or of the main memory."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / _GIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _GIB


def default_workers() -> int:
    """Processes that read clips for each process that trains: a GPU waits for several, a CPU is busy itself."""
    if not torch.cuda.is_available():
        return 1
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return max(1, min(_MOST_WORKERS, len(os.sched_getaffinity(0)) // processes - 1))


def check_memory(model: Model, config: RunConfig, micro_batch: int, available: float) -> float | None:
    """What a process needs to train on `micro_batch` samples at once, in GiB.

    None, and no check, where settings that decide it are not the preset's own, so that nobody has measured it.

    Raises:
        UsageError: it is more than `available` GiB; the message says what would fit.
    """
    preset = model.presets.get(config.preset)
    if preset is None or not _is_as_measured(preset, config):
        return None
    needed = preset.memory_gib(micro_batch)
    if needed > available:
        fitting = _smaller_batches(preset, config, micro_batch, available) + _other_presets(model, config, available)
        advice = f"What would fit: {', or '.join(fitting)}" if fitting else "No preset of this model would fit"
        raise UsageError(
            f"preset {config.preset} with {micro_batch} samples at once takes about {needed:.1f} GiB a process, and "
            f"{available:.1f} GiB are free. {advice}"
        )
    return needed


def _is_as_measured(preset: Preset, config: RunConfig) -> bool:
    """Whether the settings that decide the memory of a sample are the preset's."""
    return (config.spec, config.network, config.training.precision, config.training.activation_checkpointing) == (
        preset.spec,
        preset.network,
        preset.training.precision,
        preset.training.activation_checkpointing,
    )


def _smaller_batches(preset: Preset, config: RunConfig, micro_batch: int, available: float) -> list[str]:
    for samples in range(micro_batch - 1, 0, -1):
        if micro_batch % samples == 0 and preset.memory_gib(samples) <= available:
            accumulation = config.training.accumulation * micro_batch // samples
            return [f"--set training.accumulation={accumulation} ({preset.memory_gib(samples):.1f} GiB)"]
    return []


def _other_presets(model: Model, config: RunConfig, available: float) -> list[str]:
    needs = {
        name: preset.memory_gib(preset.training.batch_size // preset.training.accumulation)
        for name, preset in model.presets.items()
        if name != config.preset
    }
    return [f"--preset {name} ({needed:.1f} GiB)" for name, needed in needs.items() if needed <= available]


def _container_limit() -> float:
    try:
        limit = _CONTAINER_LIMIT.read_text().strip()
    except OSError:
        return float("inf")
    return float("inf") if limit == "max" else int(limit)
