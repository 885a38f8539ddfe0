"""Scores of one run: which windows are compared with which, and what each metric says.

Besides the model's row, every run has the ground-truth row: reference windows against reference windows of other
source videos. It tells the reader what zero means at this N. Where the reference holds too few windows for two such
sets of N, both rows are also given at the smaller N that it allows.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avbench.clipset import ClipSet
from avbench.draws import Draw, draw, halves
from avbench.errors import DataError
from avbench.features.extract import Extraction
from avbench.features.network import Network
from avbench.metrics.metric import Metric, SynchronyMetric
from avbench.protocol import Protocol
from avbench.seeds import stream
from avbench.windows import Window

logger = logging.getLogger(__name__)

GROUND_TRUTH = "ground-truth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two sets of an evaluation: its windows, and its features by modality."""

    clipset: ClipSet
    windows: Sequence[Window]
    extractions: Mapping[str, Extraction]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What one row compares."""

    method: str
    reference: Draw
    generated: Draw
    generated_side: Side
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """Draws and scores runs of one evaluation."""

    protocol: Protocol
    seed: int
    method: str
    reference: Side
    generated: Side
    networks: Mapping[str, Network]  # by modality, and by the names that `pairs` gives
    pairs: Mapping[str, tuple[str, str]]  # by the modality of a metric of synchrony, its networks of sound and picture
    clip_scores: Sequence[SynchronyMetric] = ()  # columns of the table of clips
    loudness: Extraction | None = None  # of the generated set, for the table of clips
    fresh_samples: bool = False

    def comparisons(self, run: int) -> list[Comparison]:
        """The rows of a run, in their order: the model's, the ground truth's, and both at a matched smaller N.

        Raises:
            DataError: a set has fewer than 2 windows, or too few for `fresh_samples`.
        """
        protocol = self.protocol
        reference = self._draw("reference", self.reference.windows, run)
        generated = self._draw("generated", self._generated_windows(run), run)
        sources = [record.source for record in self.reference.clipset.records]
        one, other, note = halves(self.reference.windows, sources, stream(self.seed, "halves", run))
        truth = self._draw("ground-truth reference", one, run), self._draw("ground-truth generated", other, run)
        truth_notes = (note,) if note else ()
        available = min(len(one), len(other), len(set(generated.windows)))
        matched = min(available, protocol.samples)
        rows = [Comparison(method=self.method, reference=reference, generated=generated, generated_side=self.generated)]
        if protocol.short_sets == "repeat" or matched == protocol.samples:
            rows.append(self._truth(truth[0], truth[1], truth_notes))
        if matched < protocol.samples and (matched < reference.size or matched < generated.size):
            smaller = f"matched N = {matched}"
            model = Comparison(
                method=self.method,
                reference=reference.first(matched),
                generated=generated.first(matched),
                generated_side=self.generated,
                notes=(smaller,),
            )
            rows += [model, self._truth(truth[0].first(matched), truth[1].first(matched), (*truth_notes, smaller))]
        return rows

    def plan(self, comparisons: Sequence[Comparison]) -> None:
        """Fixes the batches in which a run's new windows are computed."""
        for modality, network in self.networks.items():
            if network.sees_the_batch:
                continue
            for side in (self.reference, self.generated):
                drawn = [c.generated for c in comparisons if c.generated_side is side]
                drawn += [c.reference for c in comparisons] if side is self.reference else []
                side.extractions[modality].plan(window for one in drawn for window in one.windows)

    def features(self, side: Side, drawn: Draw, modality: str) -> NDArray[np.float32]:
        """Features (N, D) of a draw, of a pair those of the sound first; no rows in processes other than the first."""
        if modality in self.pairs:
            return np.concatenate([self.features(side, drawn, name) for name in self.pairs[modality]], axis=1)
        extraction = side.extractions[modality]
        if self.networks[modality].sees_the_batch:
            _refuse_single(drawn, side.clipset)
            return extraction.rows_in_batches(drawn.batches)[: drawn.size]
        return extraction.rows(drawn.windows)

    def feature_pair(self, comparison: Comparison, metric: Metric) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What the metric compares: (N, D) and (M, D); no rows in processes other than the first."""
        reference = self.features(self.reference, comparison.reference, metric.modality)
        return reference, self.features(comparison.generated_side, comparison.generated, metric.modality)

    def score(self, comparison: Comparison, metric: Metric) -> float:
        """The metric's value times its scale; NaN in processes other than the first."""
        reference, generated = self.feature_pair(comparison, metric)
        if len(reference) == 0:
            return float("nan")
        return metric.scale * metric.function(reference, generated)

    def networks_of(self, modality: str) -> tuple[Network, ...]:
        """The network behind a metric of `modality`, or the two of a pair."""
        return tuple(self.networks[name] for name in self.pairs.get(modality, (modality,)))

    def notes(self, comparison: Comparison, modality: str) -> Iterator[str]:
        """What a reader of the row must know."""
        yield from comparison.notes
        for name, drawn in (("reference", comparison.reference), ("generated", comparison.generated)):
            if drawn.repeats > 1:
                yield f"{name} repeated {drawn.repeats:.3g} times"
            elif drawn.size < self.protocol.samples and not comparison.notes:
                yield f"{name} has {drawn.size} of {self.protocol.samples} windows"
        if modality not in self.pairs:
            dimensions = self.networks[modality].extractor.dimensions
            if min(comparison.reference.size, comparison.generated.size) <= dimensions:
                yield f"biased: fewer clips than {dimensions} dimensions"
        unverified = [network.weights_sha256 for network in self.networks_of(modality) if not network.verified]
        yield from (f"weights=unverified:{digest[:12]}" for digest in dict.fromkeys(unverified))
        if self.protocol.name.startswith("published"):
            shards = {side.clipset.kind for side in (self.reference, comparison.generated_side)} & {"shards"}
            yield from ("source=shards" for _ in shards)

    def resampled(self, comparison: Comparison) -> str:
        """Which sets the row's run draws anew: those with more windows than it takes."""
        if comparison.method == GROUND_TRUTH:
            return "reference"
        names = []
        if len(self.reference.windows) > comparison.reference.size:
            names.append("reference")
        if len(self.generated.windows) > comparison.generated.size:
            names.append("generated")
        return "+".join(names) or "none"

    def _truth(self, reference: Draw, generated: Draw, notes: tuple[str, ...]) -> Comparison:
        return Comparison(
            method=GROUND_TRUTH,
            reference=reference,
            generated=generated,
            generated_side=self.reference,
            notes=notes,
        )

    def _draw(self, name: str, windows: Sequence[Window], run: int) -> Draw:
        try:
            return draw(windows, self.protocol, stream(self.seed, name, run))
        except DataError as error:
            side = self.generated if name == "generated" else self.reference
            raise DataError(f"{side.clipset.path}, {name} draw: {error}") from error

    def _generated_windows(self, run: int) -> Sequence[Window]:
        if not self.fresh_samples:
            return self.generated.windows
        size = self.protocol.samples
        fresh = self.generated.windows[run * size : (run + 1) * size]
        if len(fresh) < size:
            raise DataError(
                f"{self.generated.clipset.path}: run {run} of --fresh-samples needs windows {run * size} to "
                f"{(run + 1) * size - 1}, but there are {len(self.generated.windows)}; make more samples or fewer runs"
            )
        return fresh


def _refuse_single(drawn: Draw, clipset: ClipSet) -> None:
    if any(len(batch) == 1 for batch in drawn.batches):
        raise DataError(
            f"{clipset.path}: {len({w for b in drawn.batches for w in b})} windows leave a last batch of one clip, for "
            "which batch statistics are undefined; add or remove a clip, or use --protocol avbench"
        )
