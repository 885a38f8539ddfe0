"""Why numbers differ: one evaluation under one protocol after another, each with one switch more than the last.

The ladder goes from the published protocol to the clean one. Beside its top stand steps to the side: other clips (a
seed, a split), and another N, which no protocol is wrong about.
"""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from avbench.clipset import open_clipset
from avbench.config import EvaluateConfig
from avbench.errors import UsageError
from avbench.evaluation import run_evaluation
from avbench.progress import Progress, silent
from avbench.protocol import AVBENCH, PUBLISHED, Protocol

# What a switch belongs to, for a reader who knows evaluations but not our names.
SUBJECTS = {
    "split": "split",
    "windows": "windows",
    "short_sets": "windows",
    "frame_choice": "decoder",
    "fit": "resize",
    "antialias": "resize",
    "eight_bit": "resize",
    "audio_reader": "decoder and sample rate",
    "audio_span": "decoder",
    "channel": "channel",
    "batch_statistics": "network",
    "waveform_scale": "waveform scale",
    "samples": "N",
    "seed": "seed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """An evaluation, and in what it differs from the one it is compared with."""

    number: int
    kind: Literal["start", "climb", "aside"]
    switch: str = ""  # "" at the start
    before: str = ""
    after: str = ""
    config: EvaluateConfig

    @property
    def change(self) -> str:
        """For people: the switch and its two values."""
        if not self.switch:
            return f"protocol {self.config.protocol.name}"
        return f"{self.switch}: {self.before} → {self.after}"

    @property
    def folder(self) -> str:
        """A name for its results."""
        return f"{self.number:02d}-{self.switch or 'start'}"


def rungs(
    config: EvaluateConfig, *, start: Protocol = PUBLISHED, end: Protocol = AVBENCH, splits: Sequence[str] = ()
) -> list[Rung]:
    """The evaluations of a ladder, in order.

    Args:
        config: what is compared, and how often; its protocol gives N to both ends.
        splits: of the reference; for each besides the protocols' own there is a step to the side.
    """
    samples = config.protocol.samples
    here, there = start.with_samples(samples), end.with_samples(samples)
    ladder = [Rung(number=0, kind="start", config=replace(config, protocol=here))]
    for switch in (field.name for field in dataclasses.fields(Protocol)[1:]):
        before, after = getattr(here, switch), getattr(there, switch)
        if before != after:
            here = replace(here, name=f"{start.name}+{switch}", **{switch: after})
            ladder.append(_rung(ladder, "climb", switch, before, after, replace(config, protocol=here)))
    top = replace(config, protocol=there)
    ladder[-1] = replace(ladder[-1], config=top)
    for switch, before, after, aside in _asides(top, splits):
        ladder.append(_rung(ladder, "aside", switch, before, after, aside))
    return ladder


def climb(
    config: EvaluateConfig,
    folder: Path,
    *,
    start: Protocol = PUBLISHED,
    end: Protocol = AVBENCH,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Evaluates all rungs of a ladder; interrupted, the same call goes on.

    Args:
        config: what is compared; its protocol gives only N.
        folder: gets the results of each rung.

    Returns:
        One line for each rung, metric and method, with the columns rung, kind, subject, switch, before, after,
        protocol_hash, metric, method, n_reference, n_generated, runs, mean, sd and `difference`: of the mean to that
        of the rung before, for a step to the side to that of the ladder's top.

    Raises:
        AvbenchError: as for an evaluation.
    """
    splits = sorted({record.split for record in open_clipset(config.reference).records})
    parts = []
    ladder = rungs(config, start=start, end=end, splits=splits)
    for done, rung in enumerate(ladder, start=1):
        evaluation = run_evaluation(replace(rung.config, out=folder / rung.folder), progress)
        parts.append(_lines(rung, evaluation.summary))
        progress("rungs", done, len(ladder))
    return _with_differences(pd.concat(parts, ignore_index=True))


def default_folder(config: EvaluateConfig) -> Path:
    """Where a ladder's results lie, when nobody says."""
    names = [open_clipset(path).name for path in (config.reference, config.generated)]
    return Path("results") / re.sub(r"[^\w.@+-]", "-", f"ladder-{names[0]}-vs-{config.method or names[1]}")


def _asides(top: EvaluateConfig, splits: Sequence[str]) -> Iterator[tuple[str, Any, Any, EvaluateConfig]]:
    """Switch, its values before and after, and the evaluation, of each step to the side."""
    protocol = top.protocol
    for split in splits:
        if split != protocol.split and len(splits) > 1:
            other = replace(protocol, name=f"{protocol.name}+split={split}", split=split)
            yield "split", protocol.split, split, replace(top, protocol=other)
    if (half := protocol.samples // 2) >= 2:
        yield "samples", protocol.samples, half, replace(top, protocol=protocol.with_samples(half))
    yield "seed", top.seed, top.seed + 1, replace(top, seed=top.seed + 1)


def _rung(
    ladder: list[Rung], kind: Literal["climb", "aside"], switch: str, before: Any, after: Any, config: EvaluateConfig
) -> Rung:
    told = [str(value).lower() if isinstance(value, bool) else str(value) for value in (before, after)]
    return Rung(number=len(ladder), kind=kind, switch=switch, before=told[0], after=told[1], config=config)


def _lines(rung: Rung, summary: pd.DataFrame) -> pd.DataFrame:
    """The rung's lines; of a metric that was also taken at a matched smaller N, the one at the full N."""
    if summary.empty:
        raise UsageError("a ladder is climbed by one process; start it without torchrun")
    largest = summary.sort_values("n_generated", ascending=False, kind="stable").drop_duplicates(["method", "metric"])
    columns = ["protocol_hash", "metric", "method", "n_reference", "n_generated", "runs", "mean", "sd"]
    told = {
        "rung": rung.number,
        "kind": rung.kind,
        "subject": SUBJECTS.get(rung.switch, rung.switch),
        "switch": rung.switch,
        "before": rung.before,
        "after": rung.after,
    }
    return largest.sort_index()[columns].assign(**told)[[*told, *columns]]


def _with_differences(lines: pd.DataFrame) -> pd.DataFrame:
    top = lines.loc[lines["kind"] != "aside", "rung"].max()
    means = lines.set_index(["rung", "metric", "method"])["mean"].to_dict()
    compared = lines["rung"].sub(1).where(lines["kind"] == "climb", top).where(lines["kind"] != "start")
    before = [
        means.get((rung, metric, method), float("nan"))
        for rung, metric, method in zip(compared, lines["metric"], lines["method"], strict=True)
    ]
    return lines.assign(difference=lines["mean"] - pd.Series(before, index=lines.index))
