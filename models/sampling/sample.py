"""From a run to a clip set of samples: resumable, shared out over processes, the same whatever the batch size."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from avbench.errors import UsageError
from avbench.progress import Progress, silent
from avbench.ranks import Ranks
from models.config import SamplingConfig
from models.model import OnStep
from models.run import Run
from models.sampling.conditions import ConditionSource
from models.sampling.first_stage import FirstStage
from models.sampling.maker import SampleMaker
from models.sampling.network import load_network
from models.sampling.sample_set import Meta, SampleSet

_CPU_BATCH, _GPU_BATCH = 4, 16


@dataclass(frozen=True, slots=True)
class Sampled:
    """The folders of samples."""

    base: Path  # as the network made them
    upscaled: Path | None  # the same, enlarged


def sample_run(
    run: Run,
    count: int,
    *,
    checkpoint: Path | None = None,
    sampling: SamplingConfig | None = None,
    seed: int = 0,
    conditions: ConditionSource | None = None,
    first_stage: tuple[Run, Path | None] | None = None,
    upsampler: tuple[Run, Path | None] | None = None,
    as_published: bool = False,
    out: Path | None = None,
    batch_size: int = 0,
    device: str = "auto",
    progress: Progress = silent,
) -> Sampled:
    """Makes those of the samples 0 to `count` - 1 of a run that are missing.

    Sample i depends on the seed and on i alone. Killed at any moment, the same call goes on where it was and ends with
    the same bytes. Every process of several goes the same way through this function and makes its share of the batches.

    Args:
        checkpoint: one of the run's; None for the newest.
        sampling: the solver and its steps; None for the run's own.
        conditions: what samples are made to fit.
        first_stage: in the place of conditions, a run that makes sound, and its checkpoint (None for the newest):
            sample i is made to fit that run's sample i, and holds its sound.
        upsampler: a super-resolution run and its checkpoint (None for the newest), which enlarges the samples into a
            set of their own. It is given them as they come from the network, not as they are in files.
        as_published: pixels, files and conditioning as the released scripts have them, whose gradient guidance weakens
            with the batch size.
        out: the folder; None for one in the run, named after the settings.
        batch_size: samples at once; 0 for what suits the device. It moves samples by rounding only.
        device: "auto", "cpu", "cuda" or "cuda:N".

    Raises:
        UsageError: the model cannot do what is asked, or the folder holds something else.
        DataError: there is no checkpoint, it is damaged, or samples are not finite.
        MachineError: the folder cannot be written, or another process is at it.
    """
    if count < 1:
        raise UsageError(f"{count} samples are asked for; it must be at least 1")
    ranks = Ranks()
    chosen = ranks.device(device)
    network = load_network(run, checkpoint, device=chosen)
    if first_stage is not None:
        conditions = FirstStage(load_network(*first_stage, device=chosen), network, seed)
    maker = SampleMaker(
        network,
        sampling or run.config.sampling,
        seed,
        conditions=conditions,
        upsampler=load_network(*upsampler, device=chosen) if upsampler else None,
        as_published=as_published,
    )
    sets = _sets(maker, run, out)
    size = batch_size or (_CPU_BATCH if chosen.type == "cpu" else _GPU_BATCH)
    with contextlib.ExitStack() as stack:
        if ranks.first:
            for each in sets:
                stack.enter_context(each.making(count, like=run.config.data, meta=_meta(conditions)))
        batches = ranks.from_first(_unfinished(sets, count, size) if ranks.first else [])
        _make(maker, sets, batches, count, ranks, progress if ranks.first else silent)
    return Sampled(sets[0].path, sets[1].path if upsampler else None)


def _sets(maker: SampleMaker, run: Run, out: Path | None) -> list[SampleSet]:
    """The set of samples and, with an upsampler, that of their enlarged copies."""
    base = out or run.samples_folder / maker.settings.set_name
    sets = [SampleSet(base, maker.settings, maker.modalities)]
    if (upscaled := maker.upscaled_settings) is not None:
        sets.append(SampleSet(base.with_name(f"{base.name}-sr{upscaled.spec.size}"), upscaled, maker.modalities))
    return sets


def _unfinished(sets: list[SampleSet], count: int, size: int) -> list[range]:
    """The batches of which a sample is missing.

    Batches begin at multiples of `size`, whatever is there: rounding depends on who shares a batch, and an
    interruption must not show.
    """
    batches = [range(begin, min(begin + size, count)) for begin in range(0, count, size)]
    return [batch for batch in batches if not all(each.has(number) for each in sets for number in batch)]


def _make(
    maker: SampleMaker, sets: list[SampleSet], batches: list[range], count: int, ranks: Ranks, progress: Progress
) -> None:
    """This process's share of `batches`."""
    done = count - sum(map(len, batches))
    for batch in batches[ranks.index :: ranks.count]:
        together = len(batch) * ranks.count  # the other processes are about as far
        for each, clips in zip(sets, maker.make(batch, _told(progress, done, together, count)), strict=True):
            for number, clip in zip(batch, clips, strict=True):
                if not each.has(number):
                    each.write(clip)
        done = min(done + together, count)
    ranks.from_all([ranks.index])  # the sets are whole when all processes have made their share
    progress("samples", count, count)


def _told(progress: Progress, done: int, batch: int, count: int) -> OnStep:
    """Tells the steps of a batch as parts of its samples; the last one is done when it is written."""
    return lambda step, steps: progress("samples", min(done + batch * step // max(steps, 1), count - 1), count)


def _meta(conditions: ConditionSource | None) -> Meta:
    return conditions.meta if conditions else lambda number: {}
