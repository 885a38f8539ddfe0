"""The study: real windows against other real windows that were corrupted, by every metric.

As in an evaluation, no window is on both sides, so that what a metric makes of two real sets is in every value. A
metric sees a corruption if it goes beyond the floor: what it says of the clean windows, made worse by three standard
deviations of what it says of all the clean windows, halved at random again and again.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from avbench.errors import DataError
from avbench.progress import Progress, silent
from avbench.sanity import pairing
from avbench.sanity.bench import Bench, Rows
from avbench.sanity.config import SanityConfig
from avbench.sanity.corruptions import CORRUPTIONS
from avbench.sanity.measures import Measure, measures_on
from avbench.sanity.sets import COLLAPSE, COPYING
from avbench.seeds import stream

logger = logging.getLogger(__name__)

_HALVINGS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The judged windows under one corruption, at each of its strengths."""

    corruption: str
    modality: str  # what it changes: "video", "audio", "pairs" or "set"
    unit: str  # what a strength counts
    strengths: Sequence[float]
    rows: Sequence[Rows]


def run_study(config: SanityConfig, progress: Progress = silent) -> pd.DataFrame:
    """Corrupts windows of a clip set in every way, and asks every metric about it.

    Returns:
        One line per corruption, strength and metric: corruption, modality, strength, unit, metric, value, clean (the
        value before the corruption), floor, responds (whether `value` is beyond the floor), verdict on metric and
        corruption ("sees", "blind", or "uneven": beyond the floor, but not worse with strength), n (windows in each of
        the two sets), protocol, protocol_hash, weights_sha256 and seed.

    Raises:
        UsageError: the clip set or an extractor does not exist.
        MissingError: weights are missing and cannot be fetched.
        DataError: there are fewer than 4 windows that have what the extractors take.
    """
    bench = Bench(config)
    measures, clean = _answers(measures_on(bench.networks, config.protocol, config.metrics), bench)
    halvings = list(_halvings(bench, config.seed))
    floors = {
        measure.label: measure.floor(clean[measure.label], [measure.function(*halves) for halves in halvings])
        for measure in measures
    }
    lines = []
    for trial in _trials(bench, progress):
        for measure in measures:
            values = [measure.function(bench.reference, rows) for rows in trial.rows]
            responds, verdict = measure.judge(clean[measure.label], floors[measure.label], values)
            lines += [
                {
                    "corruption": trial.corruption,
                    "modality": trial.modality,
                    "strength": strength,
                    "unit": trial.unit,
                    "metric": measure.label,
                    "value": value,
                    "clean": clean[measure.label],
                    "floor": floors[measure.label],
                    "responds": beyond,
                    "verdict": verdict,
                    "n": bench.windows,
                    "protocol": config.protocol.name,
                    "protocol_hash": config.protocol.hash,
                    "weights_sha256": measure.weights_sha256,
                    "seed": config.seed,
                }
                for strength, value, beyond in zip(trial.strengths, values, responds, strict=True)
            ]
    return pd.DataFrame(lines)


def _answers(measures: Sequence[Measure], bench: Bench) -> tuple[list[Measure], dict[str, float]]:
    """The measures that so many windows suffice for, and what they say before anything is corrupted, by label."""
    able, clean = [], {}
    for measure in measures:
        try:
            clean[measure.label] = measure.function(bench.reference, bench.clean)
        except DataError as error:
            logger.warning("%s is not asked: %s", measure.label, error)
            continue
        able.append(measure)
    return able, clean


def _halvings(bench: Bench, seed: int) -> Iterator[tuple[Rows, Rows]]:
    """All clean windows, shared out anew to two sets."""
    n = bench.windows
    together = {name: np.concatenate([rows, bench.clean[name]]) for name, rows in bench.reference.items()}
    for index in range(_HALVINGS):
        order = stream(seed, "sanity", "halves", index).permutation(2 * n)
        one, other = order[:n], order[n:]
        yield (
            {name: rows[one] for name, rows in together.items()},
            {name: rows[other] for name, rows in together.items()},
        )


def _trials(bench: Bench, progress: Progress) -> Iterator[Trial]:
    """The corruptions of what the bench looks at, those of the picture first, the shuffling of pairs, and of sets."""
    corruptions = [CORRUPTIONS[name] for name in CORRUPTIONS if CORRUPTIONS[name].modality in bench.modalities]
    corruptions.sort(key=lambda corruption: corruption.modality, reverse=True)
    done, total = 0, sum(len(corruption.strengths) for corruption in corruptions)
    for corruption in corruptions:
        rows = []
        for strength in corruption.strengths:
            rows.append(bench.corrupted(corruption, strength))
            done += 1
            progress("corruptions", done, total)
        yield Trial(
            corruption=corruption.name,
            modality=corruption.modality,
            unit=corruption.unit,
            strengths=corruption.strengths,
            rows=rows,
        )
    if len(bench.modalities) == 2:
        yield Trial(
            corruption=pairing.NAME,
            modality="pairs",
            unit=pairing.UNIT,
            strengths=pairing.STRENGTHS,
            rows=[bench.shuffled(strength) for strength in pairing.STRENGTHS],
        )
    for of_set, damaged in ((COPYING, bench.copied), (COLLAPSE, bench.collapsed)):
        yield Trial(
            corruption=of_set.name,
            modality="set",
            unit=of_set.unit,
            strengths=of_set.strengths,
            rows=[damaged(strength) for strength in of_set.strengths],
        )
