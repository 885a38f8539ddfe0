"""The table of single clips beside the scores: one row per generated clip, with its per-clip metrics."""

import numpy as np
import pandas as pd

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
    for name in CLIP_METRICS:
        modality, metric = CLIP_METRICS[name]
        if modality not in scorer.networks:
            continue
        reference = scorer.features(scorer.reference, comparison.reference, modality)
        generated = scorer.features(scorer.generated, comparison.generated, modality)
        if len(reference) == 0:  # a process other than the first
            continue
        values = pd.Series(metric(reference, generated)).groupby(clips).mean()
        table[f"{name}[{scorer.networks[modality].extractor.name}]"] = values.reindex(range(len(records)))
    return table
