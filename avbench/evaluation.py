"""The evaluation: two clip sets, a protocol and some metrics in; rows, a summary and its provenance out."""

import contextlib
import dataclasses
import functools
import hashlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from avbench import __version__, provenance, workspace
from avbench.clipset import ClipSet, open_clipset
from avbench.config import EvaluateConfig
from avbench.errors import DataError, UsageError
from avbench.features.extract import Extraction, Streaming
from avbench.features.extractor import EXTRACTORS, Compute, Extractor, Switches
from avbench.features.network import Network
from avbench.features.suites import extractors_of
from avbench.memorisation import Memorisation, check_memorisation
from avbench.metric_choice import PAIR, chosen_metrics, clip_scores, has, pair_extractors
from avbench.metrics.metric import Metric
from avbench.per_class import class_table
from avbench.perclip import per_clip_table
from avbench.progress import Progress, silent
from avbench.protocol import Protocol, get_protocol
from avbench.ranks import Ranks
from avbench.results import Results, Row, summarise
from avbench.scoring import Scorer, Side
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
        table, classes = per_clip_table(scorer), class_table(scorer, metrics)
        found = _check_memorisation(config, scorer, ranks, progress) if config.memorisation else None
        if ranks.first:
            results.write_table("classes.csv", classes)
            results.write_table("memorisation.csv", found.summary if found else None)
            table = table.join(found.clips) if found else table
            results.write_summary(results.write_provenance(evaluation, told))
            results.write_clips(table)
    rows = results.rows(evaluation)
    rows = rows[rows["run"] < config.runs].reset_index(drop=True)
    summary = summarise(rows, results.estimates(evaluation))
    return Evaluation(folder=results.folder, results=rows, summary=summary, provenance=told)


def _check_memorisation(
    config: EvaluateConfig, scorer: Scorer, ranks: Ranks, progress: Progress
) -> Memorisation | None:
    sets = scorer.reference.clipset, scorer.generated.clipset
    streaming = Streaming.for_config(config, ranks, progress)
    alone = dataclasses.replace(config.protocol.switches, batch_statistics=False)
    networks = {
        modality: _network(config, streaming, extractor, alone)
        for modality, extractor in extractors_of(config.features).items()
        if all(has(record, modality) for clipset in sets for record in clipset.records)
    }
    return check_memorisation(*sets, networks, config.protocol, streaming)


def _network(config: EvaluateConfig, streaming: Streaming, extractor: Extractor, switches: Switches) -> Network:
    compute = Compute(device=streaming.device, bfloat16=config.bfloat16)
    return Network(extractor, compute, switches, config.weights, config.offline or workspace.offline())


@dataclass(frozen=True, slots=True)
class Prepared:
    """An evaluation that can begin: what is compared, and by which metrics, by their label in the tables."""

    scorer: Scorer
    metrics: dict[str, Metric]


def prepare_evaluation(config: EvaluateConfig, ranks: Ranks, progress: Progress) -> Prepared:
    """Opens the sets and refuses what cannot be evaluated; nothing is computed yet."""
    reference, generated = (_open(path, config.max_failures) for path in (config.reference, config.generated))
    _refuse_unlike(reference, generated, config.protocol)
    metrics = chosen_metrics(config, reference, generated)
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
            networks = scorer.networks_of(metric.modality)
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
                    features="+".join(network.extractor.name for network in networks),
                    weights_sha256="+".join(dict.fromkeys(filter(None, (one.weights_sha256 for one in networks)))),
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


def _scorer(
    config: EvaluateConfig, reference: ClipSet, generated: ClipSet, metrics: dict[str, Metric], streaming: Streaming
) -> Scorer:
    network = functools.partial(_network, config, streaming)
    extractors = extractors_of(config.features)
    networks = {
        modality: network(extractors[modality], config.protocol.switches)
        for modality in dict.fromkeys(metric.modality for metric in metrics.values())
        if modality in extractors
    }
    scores, pairs = clip_scores(config), {}
    for metric in scores:
        sound, picture = pair_extractors(metric)
        pairs[metric.modality] = PAIR + sound.name, PAIR + picture.name
        # Whatever the protocol, the score of one clip must not depend on the others: evaluation mode, right scale.
        for extractor in (sound, picture):
            networks.setdefault(PAIR + extractor.name, network(extractor, Switches()))
    sides = []
    for clipset in (reference, generated):
        windows = candidates(clipset, config.protocol)
        if not windows:
            raise DataError(
                f"{clipset.path}: no clip is as long as a window of protocol {config.protocol.name}, "
                f"{float(config.protocol.seconds):g} s"
            )
        extractions = {
            modality: Extraction(clipset, used, config.protocol, streaming) for modality, used in networks.items()
        }
        sides.append(Side(clipset=clipset, windows=windows, extractions=extractions))
    loudness = None
    if all(has(record, "audio") for record in generated.records):
        loudness = Extraction(generated, network(EXTRACTORS["loudness"], Switches()), config.protocol, streaming)
    return Scorer(
        protocol=config.protocol,
        seed=config.seed,
        method=config.method or generated.name,
        reference=sides[0],
        generated=sides[1],
        networks=networks,
        pairs=pairs,
        clip_scores=scores,
        loudness=loudness,
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
