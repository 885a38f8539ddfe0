"""The table of single clips beside the scores: one row per generated clip, with its per-clip metrics."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avbench.metric_choice import picture_width
from avbench.metrics.clip_metric import CLIP_METRICS
from avbench.scoring import Scorer


def per_clip_table(scorer: Scorer) -> pd.DataFrame:
    """One row per clip of the generated set.

    A metric is averaged over the clip's windows that run 0 drew, `windows` many of them; a clip without one has NaN.
    """
    comparison = scorer.comparisons(0)[0]
    records = scorer.generated.clipset.records
    clips = np.array([window.clip for window in comparison.generated.windows])
    table = pd.DataFrame(
        {
            "key": [record.key for record in records],
            "label": [record.label for record in records],
            "split": [record.split for record in records],
            "source": [record.source for record in records],
            "sha256": [record.sha256 for record in records],
            "seconds": [float(record.duration) for record in records],
            "windows": np.bincount(clips, minlength=len(records)),
        }
    )

    def by_clip(values: NDArray[np.float64]) -> pd.Series:
        return pd.Series(values).groupby(clips).mean().reindex(range(len(records)))

    for name in CLIP_METRICS:
        modality, metric = CLIP_METRICS[name]
        if modality not in scorer.networks:
            continue
        reference = scorer.features(scorer.reference, comparison.reference, modality)
        generated = scorer.features(scorer.generated, comparison.generated, modality)
        if len(reference) == 0:  # a process other than the first
            continue
        table[f"{name}[{scorer.networks[modality].extractor.name}]"] = by_clip(metric(reference, generated))
    for score in scorer.clip_scores:
        rows = scorer.features(scorer.generated, comparison.generated, score.modality)
        if len(rows) > 0:
            scores = score.split(rows, picture_width(score, scorer.protocol), float(scorer.protocol.fps))
            table[score.label] = by_clip(scores.by_clip())
    if scorer.loudness is not None:
        loudness = scorer.loudness.rows(comparison.generated.windows)
        if len(loudness) > 0:
            table["loudness_lufs"] = by_clip(loudness[:, 0].astype(np.float64))
    return table
