"""Whether scores depend on how odd votes and strict raters are treated: three usual treatments beside the mean.

None of them enters Tables 5 and 6. They are told apart so that a reader sees what a choice would have changed.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reports.study.analysis.cells import cells

Z_LIMIT = 3.29
_LEAST_VOTES = 15  # a clip: below, the spread of a clip's votes means nothing
_ODD_SHARE, _ONE_SIDED = 0.05, 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """Mean opinion scores of a cell under each treatment; None where a treatment does not apply."""

    dataset: str
    method: str
    task: str
    plain: float
    without_odd_votes: float | None  # P.808: votes at |z| >= 3.29 from the mean of their clip left out
    without_rater_bias: float | None  # P.913: each rater's mean difference to the clips' means taken off
    without_odd_raters: float | None  # BT.500: raters whose votes lie outside a clip's range too often, on both sides


def sensitivity(votes: pd.DataFrame) -> list[Treated]:
    """Every cell under each treatment; `votes` are MOS votes with a column `score`.

    Sources: the toolkit of ITU-T P.808 (vote removal), ITU-T P.913 (rater bias), ITU-R BT.500 (screening of observers).
    """
    if votes.empty:
        return []
    clip = votes.groupby(["task", "clip_id"])["score"]
    residuals = votes["score"] - clip.transform("mean")
    spread = clip.transform("std", ddof=1)
    odd = residuals.abs() >= Z_LIMIT * spread.where(spread > 0, np.inf).fillna(np.inf)
    unbiased = votes.assign(score=votes["score"] - residuals.groupby(votes["rater_id"]).transform("mean"))
    least = int(clip.size().min())
    rejected = _odd_raters(votes) if least >= _LEAST_VOTES else None
    found = []
    for (dataset, method, task), group in cells(votes, "dataset", "method", "task"):
        kept = group[~odd[group.index]]
        panel = None if rejected is None else group[~group["rater_id"].isin(rejected)]
        found.append(
            Treated(
                dataset=dataset,
                method=method,
                task=task,
                plain=float(group["score"].mean()),
                without_odd_votes=float(kept["score"].mean()),
                without_rater_bias=float(unbiased.loc[group.index, "score"].mean()),
                without_odd_raters=None if panel is None or panel.empty else float(panel["score"].mean()),
            )
        )
    return found


def _odd_raters(votes: pd.DataFrame) -> list[str]:
    """Raters whose votes leave a clip's usual range too often, and not to one side only."""
    clip = votes.groupby(["task", "clip_id"])["score"]
    mean, spread = clip.transform("mean"), clip.transform("std", ddof=1)
    moments = votes.assign(second=(votes["score"] - mean) ** 2, fourth=(votes["score"] - mean) ** 4)
    moments = moments.groupby(["task", "clip_id"])[["second", "fourth"]].transform("mean")
    kurtosis = moments["fourth"] / moments["second"].where(moments["second"] > 0) ** 2
    reach = spread * np.where(kurtosis.between(2, 4), 2, np.sqrt(20))
    above, below = votes["score"] >= mean + reach, votes["score"] <= mean - reach
    varied = spread > 0
    by_rater = pd.DataFrame({"rater": votes["rater_id"], "above": above & varied, "below": below & varied})
    counts = by_rater.groupby("rater").agg(votes=("above", "size"), above=("above", "sum"), below=("below", "sum"))
    both = counts["above"] + counts["below"]
    one_sided = (counts["above"] - counts["below"]).abs() / both.where(both > 0)
    return [str(rater) for rater in counts.index[(both / counts["votes"] > _ODD_SHARE) & (one_sided < _ONE_SIDED)]]
