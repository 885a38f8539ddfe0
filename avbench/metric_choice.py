"""Which metrics an evaluation computes: those that were named, or all that both sets can be asked for."""

import logging
from collections.abc import Sequence

from avbench.clipset import ClipRecord, ClipSet
from avbench.config import EvaluateConfig
from avbench.errors import DataError, UsageError
from avbench.features.extractor import EXTRACTORS, Extractor
from avbench.features.suites import extractors_of, metric_label
from avbench.metrics.metric import METRICS, Metric, SynchronyMetric
from avbench.protocol import Protocol

logger = logging.getLogger(__name__)

PAIR = "pair:"  # what the names of networks begin with that serve metrics of synchrony

_AUDIO_VIDEO_SCORE = "audio_video_score"


def chosen_metrics(config: EvaluateConfig, reference: ClipSet, generated: ClipSet) -> dict[str, Metric]:
    """The metrics to compute by their label in the tables.

    Unless named, they are those that are computed by default and for which both sets have what it takes.

    Raises:
        UsageError: a metric is not known, or the features have nothing for it.
        DataError: clips lack what a metric needs, or there is nothing to compare.
    """
    extractors = extractors_of(config.features)
    chosen = {}
    for name in config.metrics or _defaults():
        metric = METRICS[name]
        if isinstance(metric, Metric) and metric.modality not in extractors:
            if config.metrics:
                raise UsageError(f"{name} needs {metric.modality} features, and --features {config.features} has none")
            continue
        missing = _without(reference, metric.needs) or _without(generated, metric.needs)
        if missing and (config.metrics or not _lacks_whole_modality(reference, generated, metric.needs)):
            raise DataError(
                f"{missing}; {name} needs it. Leave these clips out, or choose other metrics with --metrics"
            )
        if missing:
            logger.warning("%s is not computed: %s", name, missing)
            continue
        if isinstance(metric, SynchronyMetric):
            chosen[metric.label] = bound(metric, config.protocol)
        else:
            chosen[metric_label(metric, extractors[metric.modality])] = metric
    if not chosen:
        raise DataError(
            f"{config.generated}: nothing can be compared with {config.reference}; they share neither picture nor sound"
        )
    return chosen


def clip_scores(config: EvaluateConfig) -> list[SynchronyMetric]:
    """The metrics of synchrony that the table of clips has a column of."""
    named = [*config.metrics, *([_AUDIO_VIDEO_SCORE] if config.clip_scores else [])]
    metrics = [METRICS[name] for name in dict.fromkeys(named)]
    return [metric for metric in metrics if isinstance(metric, SynchronyMetric)]


def bound(metric: SynchronyMetric, protocol: Protocol) -> Metric:
    """A metric of synchrony as a function of rows of windows of `protocol`."""
    return metric.bound(picture_width(metric, protocol), float(protocol.fps))


def picture_width(metric: SynchronyMetric, protocol: Protocol) -> int:
    """How many of a clip's numbers are of its picture: the extractor's, or one for each frame."""
    return EXTRACTORS[metric.picture].dimensions or protocol.frames


def pair_extractors(metric: SynchronyMetric) -> tuple[Extractor, Extractor]:
    """What hears and what sees for a metric of synchrony."""
    return EXTRACTORS[metric.sound], EXTRACTORS[metric.picture]


def has(record: ClipRecord, modality: str) -> bool:
    """Whether a clip has picture ("video") or sound ("audio")."""
    return record.has_audio if modality == "audio" else record.has_video


def _defaults() -> list[str]:
    """Picture before sound, as the paper's tables have it."""
    names = [name for name in METRICS if METRICS[name].by_default]
    return sorted(names, key=lambda name: (METRICS[name].modality != "video", name))


def _without(clipset: ClipSet, needs: Sequence[str]) -> str:
    """A sentence about the clips that lack picture or sound; empty if none does."""
    for modality in needs:
        lacking = [record for record in clipset.records if not has(record, modality)]
        if lacking:
            what = "sound" if modality == "audio" else "picture"
            return f"{clipset.path}: {len(lacking)} of {len(clipset)} clips have no {what} (first: {lacking[0].source})"
    return ""


def _lacks_whole_modality(reference: ClipSet, generated: ClipSet, needs: Sequence[str]) -> bool:
    return any(
        not any(has(record, modality) for record in clipset.records)
        for modality in needs
        for clipset in (reference, generated)
    )
