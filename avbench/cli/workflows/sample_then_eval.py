"""What `avbench eval` does before it evaluates a run: sample what is missing, and make the real clips comparable."""

from dataclasses import dataclass
from pathlib import Path

from avbench.cli.console import errors
from avbench.clip import ClipSpec
from avbench.progress import Progress
from avbench.protocol import Protocol

# Real windows for each one of a draw, where they are written anew: enough for runs to redraw and for the ground truth.
_WINDOWS_PER_SAMPLE = 4


@dataclass(frozen=True, slots=True)
class Compared:
    """The two sets of an evaluation, which are there."""

    reference: Path
    generated: Path
    method: str  # "" = the generated set's own name


def sets_to_compare(
    reference: Path | None, generated: Path | None, protocol: Protocol, count: int, *, device: str, progress: Progress
) -> Compared:
    """The two sets that a command names. Where it does not, those of the newest run: its first `count` samples.

    Raises:
        UsageError: there is nothing to choose, several things to choose from, what the run was trained on is gone, or
            it makes nothing by itself.
        DataError: the run's checkpoint is damaged, or no real clip is long enough.
    """
    from avbench.defaults import choose_sets

    sets = choose_sets(reference, generated)
    generated, real = sets.generated, sets.reference
    if sets.run is not None:
        # The real clips first: should they be missing, nobody wants to learn it after hours of sampling.
        real = reference or _as_seen_by(sets.run, real, protocol, progress)
        generated = generated or _samples_of(sets.run, count, device, progress)
    assert generated is not None, "either it or a run is chosen"
    return Compared(real, generated, sets.method)


def _samples_of(run: Path, count: int, device: str, progress: Progress) -> Path:
    """A run's first samples by its own solver and with seed 0; those that are missing are made."""
    from models.run import Run
    from models.sampling.sample import sample_run

    return sample_run(Run(run), count, device=device, progress=progress).base


def _as_seen_by(run: Path, data: Path, protocol: Protocol, progress: Progress) -> Path:
    """The real clips; those of a network that works below the protocol's size or the paper's rate, in its own shape.

    Otherwise its resolution would be measured. They are kept in the run's folder `eval`.
    """
    from avbench.clipset import open_clipset
    from avbench.ranks import Ranks
    from avbench.reshape import reshape
    from models.run import Run

    config = Run(run).config
    clipset, spec = open_clipset(data), config.spec
    if spec.size >= protocol.size and spec.sample_rate >= ClipSpec().sample_rate:
        return data
    ranks = Ranks()
    count = _WINDOWS_PER_SAMPLE * protocol.samples
    out = run / "eval" / f"real-{count}"
    if ranks.first:
        errors.print(
            f"{data} is brought to {spec.size} pixels and {spec.sample_rate:,} Hz, as the network works; "
            f"--reference {data} compares with the originals",
            highlight=False,
            soft_wrap=True,
        )
        reshape(clipset, spec, out, windows=count, split=config.split, progress=progress)
    ranks.from_first(None)  # the others wait until it is there
    return out
