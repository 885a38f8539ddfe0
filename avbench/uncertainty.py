"""How far the lines of a summary can be trusted: their draws again, without some of the source videos."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from avbench.clipset import ClipSet
from avbench.draws import Draw
from avbench.metrics.metric import Metric
from avbench.progress import Progress
from avbench.scoring import Comparison, Scorer
from avbench.seeds import stream
from avbench.statistics.estimate import LEAST_GROUPS, LEAST_PER_DIMENSION, Estimate, Kind, RunValues, kind_of
from avbench.statistics.groups import Grouping, group_sources
from avbench.statistics.leaving_out import GroupedSets, leaving_out


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the summary: its comparisons, run by run, and the groups that are left out of all of them."""

    comparisons: tuple[tuple[int, Comparison], ...]  # with their runs
    grouping: Grouping

    @property
    def first(self) -> Comparison:
        return self.comparisons[0][1]


def estimates(scorer: Scorer, metrics: Mapping[str, Metric], runs: int, progress: Progress) -> list[Estimate]:
    """What is known of the error of each line, metric by metric.

    The features of the runs' draws are read again, from the cache. The error is that of the mean over runs: the same
    videos are left out of all of them, so that what runs share is not averaged away.

    Every process must call this; only in the first one, which holds the features, are the lines complete.

    Args:
        metrics: by their label in the tables.
    """
    lines = list(_lines(scorer, runs))
    found = []
    for number, line in enumerate(lines):
        found += [_estimate(scorer, line, label, metric) for label, metric in metrics.items()]
        progress("errors", number + 1, len(lines))
    return found


def _lines(scorer: Scorer, runs: int) -> Iterator[_Line]:
    together: dict[tuple[str, int, int], list[tuple[int, Comparison]]] = {}
    for run in range(runs):
        for comparison in scorer.comparisons(run):
            key = comparison.method, comparison.reference.size, comparison.generated.size
            together.setdefault(key, []).append((run, comparison))
    for comparisons in together.values():
        reference, generated = [], []
        for _, comparison in comparisons:
            one, other = _sources(scorer, comparison)
            reference += one
            generated += other
        grouping = group_sources(reference, generated, stream(scorer.seed, "groups of sources"))
        yield _Line(tuple(comparisons), grouping)


def _sources(scorer: Scorer, comparison: Comparison) -> tuple[list[str], list[str]]:
    """The source videos of the rows of both sets."""
    return (
        _sources_of(scorer.reference.clipset, comparison.reference),
        _sources_of(comparison.generated_side.clipset, comparison.generated),
    )


def _sources_of(clipset: ClipSet, drawn: Draw) -> list[str]:
    records = clipset.records
    return [records[window.clip].source or f"clip {records[window.clip].key}" for window in drawn.windows]


def _estimate(scorer: Scorer, line: _Line, label: str, metric: Metric) -> Estimate:
    kind = kind_of(metric.function)
    unmeasured = _why_unmeasured(scorer, line, metric, kind)
    why_none = unmeasured or ("" if kind != "error only" else f"how N moves {label} is not known")
    estimate = Estimate(
        dataset=scorer.reference.clipset.name,
        method=line.first.method,
        metric=label,
        better=metric.better,
        n_reference=line.first.reference.size,
        n_generated=line.first.generated.size,
        runs=len(line.comparisons),
        kind=kind,
        why_none=why_none,
        remark=_remark((scorer.reference.clipset, line.first.generated_side.clipset)),
    )
    if unmeasured:
        return estimate
    values = list(_run_values(scorer, line, metric, kind))
    return estimate.measured(RunValues.mean(values), metric.scale) if values else estimate


def _why_unmeasured(scorer: Scorer, line: _Line, metric: Metric, kind: Kind) -> str:
    """Why not even an error can be told; empty if it can."""
    clips = min(line.first.reference.size, line.first.generated.size)
    network = scorer.networks.get(metric.modality)
    if any(max(one.reference.repeats, one.generated.repeats) > 1 for _, one in line.comparisons):
        return "a set with fewer windows than N repeats them, so that rows are not independent"
    if line.grouping.count < LEAST_GROUPS:
        return f"too few source videos in a set: {line.grouping.count}; an error takes {LEAST_GROUPS}"
    if network is not None and network.sees_the_batch:
        return "rows depend on the batch they were computed in, so that no video can be left out"
    if kind == "extrapolated" and network is not None:
        dimensions = network.extractor.dimensions
        if clips < LEAST_PER_DIMENSION * dimensions:
            return (
                f"N = {clips:,} is less than {LEAST_PER_DIMENSION} x {dimensions:,} features, "
                "too few to tell the bias by N from the distance"
            )
    return ""


def _run_values(scorer: Scorer, line: _Line, metric: Metric, kind: Kind) -> Iterator[RunValues]:
    for run, comparison in line.comparisons:
        reference, generated = scorer.feature_pair(comparison, metric)
        if len(reference) == 0:  # a process other than the first
            continue
        labels = line.grouping.labels(*_sources(scorer, comparison))
        left_out = leaving_out(metric.function, GroupedSets(reference, generated, labels, line.grouping.count))
        yield RunValues.of(left_out, kind, stream(scorer.seed, "parts left out", run))


def _remark(clipsets: Sequence[ClipSet]) -> str:
    unknown = [clipset.name for clipset in clipsets if not all(record.source for record in clipset.records)]
    names = " and ".join(dict.fromkeys(unknown))
    return f"{names}: without names of source videos, so that each clip counts as one" if names else ""
