"""What each rater did, by pseudonym: for whoever runs the study, never a ground for refusing pay."""

from dataclasses import dataclass

import pandas as pd

from reports.study.analysis.screening import Screened


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterLine:
    """One rater. Bias and spread are over MOS votes, None without any."""

    rater_id: str
    excluded: str  # rule, or ""
    n_votes: int
    n_gold: int
    gold_rate: float | None
    median_seconds: float | None
    bias: float | None  # mean of votes less the clip's mean over all raters
    sd: float | None  # of the same differences, ddof=1
    r_with_others: float | None  # over the raters whom the first three rules left
    n_shared: int | None


def rater_lines(votes: pd.DataFrame, screened: Screened) -> list[RaterLine]:
    """One line for each rater, sorted; `votes` are rating votes of MOS tasks with a column `score`."""
    residuals = votes["score"] - votes.groupby(["task", "clip_id"])["score"].transform("mean")
    by_rater = residuals.groupby(votes["rater_id"])
    bias, spread, counts = by_rater.mean(), by_rater.std(ddof=1), by_rater.count()
    return [
        RaterLine(
            rater_id=rater,
            excluded=screened.excluded.get(rater, ""),
            n_votes=seen.n_votes,
            n_gold=seen.n_gold,
            gold_rate=seen.gold_rate,
            median_seconds=seen.median_seconds,
            bias=float(bias[rater]) if rater in bias else None,
            sd=float(spread[rater]) if rater in counts and counts[rater] > 1 else None,
            r_with_others=seen.loo_r,
            n_shared=seen.loo_n,
        )
        for rater, seen in sorted(screened.raters.items())
    ]
