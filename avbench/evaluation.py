"""The evaluation: two clip sets, a protocol and some metrics in; rows, a summary and its provenance out."""

import contextlib
import hashlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from avbench import __version__, provenance, workspace
from avbench.clipset import ClipRecord, ClipSet, open_clipset
from avbench.config import EvaluateConfig
from avbench.errors import DataError, UsageError
from avbench.features.extract import Extraction, Streaming
from avbench.features.extractor import EXTRACTORS, Compute, Extractor, Switches
from avbench.features.network import Network
from avbench.features.suites import extractors_of, metric_label
from avbench.metrics.metric import METRICS, Metric
from avbench.perclip import per_clip_table
from avbench.progress import Progress, silent
from avbench.protocol import Protocol, get_protocol
from avbench.ranks import Ranks
from avbench.results import Results, Row, summarise
from avbench.scoring import Pair, Scorer, Side
from avbench.uncertainty import estimates
from avbench.windows import candidates, effective_channel, effective_fit

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What an evaluation gave."""

    folder: Path  # holds results.csv, summary.csv, provenance.json and clips.parquet
    results: pd.DataFrame  # one line per run, method and metric
    summary: pd.DataFrame  # one line per method and metric
    provenance: dict[str, Any]  # all it takes to do it again


def evaluate(
    reference: Path | str,
    generated: Path | str,
    *,
    protocol: str | Protocol = "published",
    samples: int | None = None,
    progress: Progress = silent,
    **settings: Any,
) -> Evaluation:
    """Scores the clips in `generated` against those in `reference`.

    Args:
        reference: a clip set or any folder of videos; never written to.
        generated: the same.
        protocol: "published", "avbench", "avbench@256" or a `Protocol` of your own.
        samples: windows per set and run; None = the protocol's (2,048).
        settings: any field of `EvaluateConfig`.

    Raises:
        UsageError: a path or name does not exist, or the sets' fits differ.
        MissingError: weights are missing and cannot be fetched.
        DataError: a file or set is not what it should be.
        MachineError: the results cannot be written.
    """
    chosen = get_protocol(protocol) if isinstance(protocol, str) else protocol
    chosen = chosen.with_samples(samples)
    config = EvaluateConfig(reference=Path(reference), generated=Path(generated), protocol=chosen, **settings)
    return run_evaluation(config, progress)


def run_evaluation(config: EvaluateConfig, progress: Progress = silent) -> Evaluation:
    """Does what `config` says; see `evaluate`. An interrupted evaluation goes on from the runs that are done.

    Every process of a distributed evaluation goes the same way through this function; only the first one reads and
    writes results, and only its `Evaluation` holds rows.
    """
    ranks = Ranks()
    prepared = prepare_evaluation(config, ranks, progress)
    scorer, metrics = prepared.scorer, prepared.metrics
    evaluation = _digest(config, scorer)
    told = provenance.of_evaluation(config, scorer)
    default = f"{scorer.reference.clipset.name}-vs-{scorer.method}-{config.protocol.name}"
    results = Results(config.out or Path("results") / default)
    with workspace.lock(results.folder) if ranks.first else contextlib.nullcontext():
        if ranks.first and not config.resume:
            results.remove(evaluation)
        _score_runs(config, scorer, metrics, results, evaluation, ranks, progress)
        _estimate_errors(config, scorer, metrics, results, evaluation, ranks, progress)
        table = per_clip_table(scorer)
        if ranks.first:
            results.write_summary(results.write_provenance(evaluation, told))
            results.write_clips(table)
    rows = results.rows(evaluation)
    rows = rows[rows["run"] < config.runs].reset_index(drop=True)
    summary = summarise(rows, results.estimates(evaluation))
    return Evaluation(folder=results.folder, results=rows, summary=summary, provenance=told)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An evaluation that can begin: what is compared, and by which metrics, by their label in the tables."""

    scorer: Scorer
    metrics: dict[str, Metric]


def prepare_evaluation(config: EvaluateConfig, ranks: Ranks, progress: Progress) -> Prepared:
    """Opens the sets and refuses what cannot be evaluated; nothing is computed yet."""
    reference, generated = (_open(path, config.max_failures) for path in (config.reference, config.generated))
    _refuse_unlike(reference, generated, config.protocol)
    metrics = _metrics(config, reference, generated)
    streaming = Streaming.for_config(config, ranks, progress)
    return Prepared(_scorer(config, reference, generated, metrics, streaming), metrics)


def _score_runs(
    config: EvaluateConfig,
    scorer: Scorer,
    metrics: dict[str, Metric],
    results: Results,
    evaluation: str,
    ranks: Ranks,
    progress: Progress,
) -> None:
    """Appends the rows of every run that `results` does not hold yet."""
    runs = [scorer.comparisons(run) for run in range(config.runs)]
    # All runs are planned, also those that are done: batches must not depend on where an interruption fell.
    for comparisons in runs:
        scorer.plan(comparisons)
    for run, comparisons in enumerate(runs):
        there = ranks.from_first(results.counts(evaluation, run) if ranks.first else {})
        for name, metric in metrics.items():
            if there.get(name, 0) == len(comparisons):
                continue
            network = scorer.networks[metric.modality]
            rows = [
                Row(
                    dataset=scorer.reference.clipset.name,
                    method=comparison.method,
                    metric=name,
                    run=run,
                    seed=config.seed,
                    value=scorer.score(comparison, metric),
                    scale=metric.scale,
                    n_reference=comparison.reference.size,
                    n_generated=comparison.generated.size,
                    features=network.extractor.name,
                    weights_sha256=network.weights_sha256,
                    protocol=config.protocol.name,
                    protocol_hash=config.protocol.hash,
                    resampled=scorer.resampled(comparison),
                    note="; ".join(scorer.notes(comparison, metric.modality)),
                    avbench_version=__version__,
                    evaluation=evaluation,
                )
                for comparison in comparisons
            ]
            if ranks.first:
                results.append(rows)
        progress("runs", run + 1, config.runs)


def _estimate_errors(
    config: EvaluateConfig,
    scorer: Scorer,
    metrics: dict[str, Metric],
    results: Results,
    evaluation: str,
    ranks: Ranks,
    progress: Progress,
) -> None:
    """Writes what is known of the errors of all lines, unless `results` holds that of these runs and metrics."""
    there = {(one.metric, one.runs) for one in results.estimates(evaluation)} if ranks.first else set()
    if ranks.from_first(there) >= {(name, config.runs) for name in metrics}:
        return
    found = estimates(scorer, metrics, config.runs, progress)
    if ranks.first:
        results.write_estimates(evaluation, found)


def _open(path: Path, max_failures: float) -> ClipSet:
    clipset = open_clipset(path)
    items = len({record.source for record in clipset.records}) + len(clipset.failures)
    share = len(clipset.failures) / max(items, 1)
    # What a prepared set could not use is told by its failures.csv and was judged when it was prepared.
    if clipset.kind == "folder" and share > max_failures:
        some = "\n".join(f"  {failure.message}" for failure in clipset.failures[:5])
        raise DataError(
            f"{path}: {len(clipset.failures)} of {items} files cannot be used:\n{some}\n"
            f"Remove or replace them, or leave them out with --max-failures {share:.2g}"
        )
    return clipset


def _refuse_unlike(reference: ClipSet, generated: ClipSet, protocol: Protocol) -> None:
    for what, effective in (("fit", effective_fit), ("channel", effective_channel)):
        one, other = effective(reference, protocol), effective(generated, protocol)
        if one != other:
            raise UsageError(
                f"{reference.path} has {what} {one} and {generated.path} has {what} {other}: their distance would "
                f"measure that; prepare both alike, or if one of them is native, set --switch {what}=VALUE alike"
            )


def _metrics(config: EvaluateConfig, reference: ClipSet, generated: ClipSet) -> dict[str, Metric]:
    """The metrics to compute by their label in the tables; unless named, all for which both sets have the modality."""
    extractors = extractors_of(config.features)
    chosen = {}
    # Picture before sound, as the paper's tables have it.
    for name in config.metrics or sorted(METRICS, key=lambda name: (METRICS[name].modality != "video", name)):
        metric = METRICS[name]
        if metric.modality not in extractors:
            if config.metrics:
                raise UsageError(f"{name} needs {metric.modality} features, and --features {config.features} has none")
            continue
        missing = _without(reference, metric.modality) or _without(generated, metric.modality)
        if missing and (config.metrics or not _lacks_whole_modality(reference, generated, metric.modality)):
            raise DataError(
                f"{missing}; {name} needs it. Leave these clips out, or choose other metrics with --metrics"
            )
        if missing:
            logger.warning("%s is not computed: %s", name, missing)
            continue
        chosen[metric_label(name, extractors[metric.modality])] = metric
    if not chosen:
        raise DataError(
            f"{config.generated}: nothing can be compared with {config.reference}; they share neither picture nor sound"
        )
    return chosen


def _without(clipset: ClipSet, modality: str) -> str:
    """A sentence about the clips that lack picture or sound; empty if none does."""
    lacking = [record for record in clipset.records if not _has(record, modality)]
    if not lacking:
        return ""
    what = "sound" if modality == "audio" else "picture"
    return f"{clipset.path}: {len(lacking)} of {len(clipset)} clips have no {what} (first: {lacking[0].source})"


def _lacks_whole_modality(reference: ClipSet, generated: ClipSet, modality: str) -> bool:
    return any(not any(_has(record, modality) for record in clipset.records) for clipset in (reference, generated))


def _has(record: ClipRecord, modality: str) -> bool:
    return record.has_audio if modality == "audio" else record.has_video


def _scorer(
    config: EvaluateConfig, reference: ClipSet, generated: ClipSet, metrics: dict[str, Metric], streaming: Streaming
) -> Scorer:
    def network(extractor: Extractor, switches: Switches) -> Network:
        compute = Compute(device=streaming.device, bfloat16=config.bfloat16)
        return Network(extractor, compute, switches, config.weights, config.offline or workspace.offline())

    extractors = extractors_of(config.features)
    networks: dict[str, Network] = {
        modality: network(extractors[modality], config.protocol.switches)
        for modality in dict.fromkeys(metric.modality for metric in metrics.values())
    }
    sides = []
    for clipset in (reference, generated):
        windows = candidates(clipset, config.protocol)
        if not windows:
            raise DataError(
                f"{clipset.path}: no clip is as long as a window of protocol {config.protocol.name}, "
                f"{float(config.protocol.seconds):g} s"
            )
        extractions: dict[str, Extraction] = {
            modality: Extraction(clipset, used, config.protocol, streaming) for modality, used in networks.items()
        }
        sides.append(Side(clipset=clipset, windows=windows, extractions=extractions))
    pair = None
    if config.clip_scores:
        # Whatever the protocol, the score of one clip must not depend on the others: evaluation mode, right scale.
        sound, picture = (network(EXTRACTORS[name], Switches()) for name in ("audioclip", "audioclip_frames"))
        pair = Pair(
            sound=Extraction(generated, sound, config.protocol, streaming),
            picture=Extraction(generated, picture, config.protocol, streaming),
        )
    return Scorer(
        protocol=config.protocol,
        seed=config.seed,
        method=config.method or generated.name,
        reference=sides[0],
        generated=sides[1],
        networks=networks,
        pair=pair,
        fresh_samples=config.fresh_samples,
    )


def _digest(config: EvaluateConfig, scorer: Scorer) -> str:
    """12 hex digits that name all that decides the values: an evaluation of the same digest can be gone on with."""
    decides = [
        (scorer.reference.clipset.name, scorer.reference.clipset.fingerprint),
        (scorer.method, scorer.generated.clipset.fingerprint),
        config.protocol.hash,
        config.seed,
        config.fresh_samples,
        [network.identity for network in scorer.networks.values()],
    ]
    return hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:12]
