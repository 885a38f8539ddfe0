"""Metrics by class: what each of them says of the clips of one label, where a label has enough of them."""

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avbench.clipset import ClipSet
from avbench.metrics.metric import Metric
from avbench.scoring import Scorer
from avbench.windows import Window

logger = logging.getLogger(__name__)

COLUMNS = ("label", "dataset", "method", "metric", "value", "scale", "n_reference", "n_generated", "note")


def class_table(scorer: Scorer, metrics: Mapping[str, Metric]) -> pd.DataFrame | None:
    """One line per label, method and metric, of the windows that run 0 drew.

    A label that has too few windows for a metric in either set has no value, and its note says how many it takes.

    Returns:
        The columns of `COLUMNS`; None where the two sets share no label, and in processes other than the first.
    """
    labels = _shared_labels(scorer.reference.clipset, scorer.generated.clipset)
    if not labels:
        logger.info("there is no table of classes: the two sets share no label")
        return None
    lines = []
    comparisons = {comparison.method: comparison for comparison in reversed(scorer.comparisons(0))}
    for comparison in reversed(comparisons.values()):  # the first of each method, at the full N
        wholes = {name: scorer.feature_pair(comparison, metric) for name, metric in metrics.items()}
        real = _labels_of(scorer.reference.clipset, comparison.reference.windows)
        made = _labels_of(comparison.generated_side.clipset, comparison.generated.windows)
        for label in labels:
            for name, metric in metrics.items():
                reference, generated = wholes[name]
                if len(reference) == 0:
                    return None
                sizes = tuple(
                    len({window for window, own in zip(windows, of, strict=True) if own == label})
                    for windows, of in ((comparison.reference.windows, real), (comparison.generated.windows, made))
                )
                wanted = metric.enough(scorer.networks_of(metric.modality)[0].extractor.dimensions)
                value, note = np.nan, f"needs {wanted} windows of each set"
                if min(sizes) >= wanted:
                    value, note = metric.scale * metric.function(reference[real == label], generated[made == label]), ""
                line = (label, scorer.reference.clipset.name, comparison.method, name, value, metric.scale, *sizes)
                lines.append((*line, note))
    return pd.DataFrame(lines, columns=list(COLUMNS)).sort_values("label", kind="stable", ignore_index=True)


def _shared_labels(reference: ClipSet, generated: ClipSet) -> list[str]:
    one, other = ({record.label for record in clipset.records} for clipset in (reference, generated))
    return sorted((one & other) - {""})


def _labels_of(clipset: ClipSet, windows: Sequence[Window]) -> NDArray[np.str_]:
    return np.array([clipset.records[window.clip].label for window in windows])
