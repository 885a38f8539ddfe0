"""Which raters are left out: four rules fixed before anyone answered, and what each rater looks like under them.

Reports always show both tables, with and without the raters whom these rules leave out: rules of this kind miss some
careless raters and hit a careful one now and then.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from reports.study.keyed import KeyedStudy
from reports.study.vote import TURING_TASK

RULES = ("gold_fail", "too_fast", "no_variance", "low_agreement")


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """What screening looks at in one rater; None where there is nothing to look at."""

    n_votes: int  # rating votes
    n_gold: int
    gold_rate: float | None  # share of right gold answers, all tasks together
    median_seconds: float | None  # per item, gold included
    mos_variance: float | None  # of MOS votes, ddof=1
    loo_r: float | None = None  # Pearson's r with the mean of the other raters left, over shared questions
    loo_n: int | None = None  # shared questions


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """The raters of a study, and why some are left out."""

    raters: dict[str, Diagnostics]
    excluded: dict[str, str]  # rater -> the first rule that fits

    def keep(self, votes: pd.DataFrame) -> pd.DataFrame:
        """The votes of the raters who are not left out."""
        return votes[~votes["rater_id"].isin(list(self.excluded))]


def screen(votes: pd.DataFrame, study: KeyedStudy) -> Screened:
    """Apply the study's thresholds: gold, speed and straight lines first, then once the agreement of those left.

    Args:
        votes: valid votes, gold among them, with the columns rater_id, clip_id, task, answer, seconds.
        study: for the gold answers, the thresholds and the clips' length.
    """
    rules = study.screening
    kinds = votes["clip_id"].map(study.kinds)
    rating = votes[kinds == "rating"]
    opinions = rating[rating["task"] != TURING_TASK]
    opinions = opinions.assign(score=opinions["answer"].astype(float))
    raters = _diagnostics(votes, kinds, opinions, study)
    given = opinions["rater_id"].value_counts()
    excluded = {}
    for rater, seen in raters.items():
        straight = seen.mos_variance is not None and seen.mos_variance < rules.least_variance
        if seen.gold_rate is not None and seen.gold_rate < rules.least_gold_rate:
            excluded[rater] = "gold_fail"
        elif seen.median_seconds is not None and seen.median_seconds < least_seconds(study):
            excluded[rater] = "too_fast"
        elif straight and given[rater] >= rules.variance_votes:
            excluded[rater] = "no_variance"
    # One pass over those left: leaving raters out again and again would turn the most usual opinion into the truth.
    for rater, (r, shared) in _agreement_with_others(opinions[~opinions["rater_id"].isin(list(excluded))]).items():
        raters[rater] = replace(raters[rater], loo_r=r, loo_n=shared)
        if shared >= rules.agreement_votes and r is not None and r < rules.least_agreement:
            excluded[rater] = "low_agreement"
    return Screened(raters=raters, excluded=dict(sorted(excluded.items())))


def least_seconds(study: KeyedStudy) -> float:
    """The median time an item may not fall below: nobody judges a clip in less than it lasts."""
    return max(study.screening.least_median_seconds, study.clip_seconds)


def _diagnostics(
    votes: pd.DataFrame, kinds: pd.Series, opinions: pd.DataFrame, study: KeyedStudy
) -> dict[str, Diagnostics]:
    """What the first three rules look at, rater by rater, sorted."""
    gold = votes[kinds == "gold"]
    right = [
        answer in study.gold[clip, task]
        for clip, task, answer in zip(gold["clip_id"], gold["task"], gold["answer"], strict=True)
    ]
    checks = gold.assign(right=np.array(right, np.float64)).groupby("rater_id")["right"]
    checked, rates = checks.count(), checks.mean()
    ratings = votes.loc[kinds == "rating", "rater_id"].value_counts()
    seconds = votes.groupby("rater_id")["seconds"].median()  # of those that were recorded
    variances = opinions.groupby("rater_id")["score"].var(ddof=1)
    return {
        str(rater): Diagnostics(
            n_votes=int(ratings.get(rater, 0)),
            n_gold=int(checked.get(rater, 0)),
            gold_rate=_known(rates.get(rater)),
            median_seconds=_known(seconds.get(rater)),
            mos_variance=_known(variances.get(rater)),
        )
        for rater in sorted(set(votes["rater_id"]))
    }


def _known(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)


def _agreement_with_others(opinions: pd.DataFrame) -> dict[str, tuple[float | None, int]]:
    """For each rater Pearson's r with the others' mean on the same question, and the number of shared questions."""
    groups = opinions.groupby(["task", "clip_id"])["score"]
    others = groups.transform("count") - 1
    # 0 / 0 where nobody else answered: such questions are not shared.
    mean_of_others = (groups.transform("sum") - opinions["score"]) / others.where(others > 0)
    shared = opinions.assign(others=mean_of_others).dropna(subset=["others"])
    found: dict[str, tuple[float | None, int]] = {}
    for rater, answers in shared.groupby("rater_id"):
        mine, theirs = answers["score"].to_numpy(np.float64), answers["others"].to_numpy(np.float64)
        varied = len(mine) > 1 and np.ptp(mine) > 0 and np.ptp(theirs) > 0
        found[str(rater)] = (float(np.corrcoef(mine, theirs)[0, 1]) if varied else None, len(mine))
    return found
