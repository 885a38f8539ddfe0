"""Mean opinion scores: one cell of Table 5 with every interval offered."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from scipy import stats

from reports.study.analysis.bootstrap import crossed_bootstrap
from reports.study.analysis.cells import cells
from reports.study.analysis.proportions import Z95
from reports.study.analysis.twoway import two_way

Interval = tuple[float, float]
SCALE = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionCell:
    """Mean opinion score of a method on a data set in one task, on the scale 1 to 5; intervals are 95 %.

    An interval is None where the votes cannot tell it: one vote, one clip or one rater.
    """

    dataset: str
    method: str
    task: str
    n_votes: int
    n_clips: int
    n_raters: int
    mean: float  # of all votes: the paper's number
    sd: float | None  # of votes, ddof=1
    sem: float | None
    ci95_normal: Interval | None  # takes votes for independent: too narrow
    ci95_t: Interval | None  # the same with Student's t
    mean_of_clip_means: float
    ci95_clip: Interval | None  # t over clip means, about their mean: raters are taken as given
    se_twoway: float | None
    dof_twoway: int | None
    ci95_twoway: Interval | None  # the default: clips and raters both random
    ci95_bootstrap: Interval | None
    median: float
    histogram: dict[str, int]  # votes by score


def opinion_cells(votes: pd.DataFrame, *, seed: int = 0, draws: int | None = None) -> list[OpinionCell]:
    """The cells of Table 5, sorted by data set, method and task.

    Args:
        votes: MOS votes, with a column `score` (float, 1 to 5).
        seed: of the bootstrap.
        draws: of the bootstrap; None for no bootstrap.
    """
    return [
        _cell(dataset, method, task, group, seed, draws)
        for (dataset, method, task), group in cells(votes, "dataset", "method", "task")
    ]


def _cell(dataset: str, method: str, task: str, votes: pd.DataFrame, seed: int, draws: int | None) -> OpinionCell:
    scores = votes["score"].to_numpy(np.float64)
    n, mean = len(scores), float(scores.mean())
    sd = float(scores.std(ddof=1)) if n > 1 else None
    sem = None if sd is None else sd / sqrt(n)
    clip_means = votes.groupby("clip_id")["score"].mean().to_numpy(np.float64)
    clips = len(clip_means)
    mean_of_clips = float(clip_means.mean())
    clip_sem = float(clip_means.std(ddof=1)) / sqrt(clips) if clips > 1 else None
    crossed = two_way(scores, votes["clip_id"], votes["rater_id"])
    se = None if crossed is None else sqrt(crossed.variance)
    resampled = None
    if draws:
        name = f"{dataset}/{method}/{task}"
        resampled = crossed_bootstrap(scores, votes["clip_id"], votes["rater_id"], seed=seed, name=name, draws=draws)
    return OpinionCell(
        dataset=dataset,
        method=method,
        task=task,
        n_votes=n,
        n_clips=clips,
        n_raters=votes["rater_id"].nunique(),
        mean=mean,
        sd=sd,
        sem=sem,
        ci95_normal=None if sem is None else (mean - Z95 * sem, mean + Z95 * sem),
        ci95_t=_t_interval(mean, sem, n - 1),
        mean_of_clip_means=mean_of_clips,
        ci95_clip=_t_interval(mean_of_clips, clip_sem, clips - 1),
        se_twoway=se,
        dof_twoway=None if crossed is None else crossed.dof,
        ci95_twoway=None if crossed is None else _t_interval(mean, se, crossed.dof),
        ci95_bootstrap=resampled,
        median=float(np.median(scores)),
        histogram={str(score): int(np.sum(scores == score)) for score in SCALE},
    )


def _t_interval(mean: float, se: float | None, dof: int) -> Interval | None:
    if se is None:
        return None
    half = float(stats.t.ppf(0.975, dof)) * se
    return mean - half, mean + half
