"""Pass rates of the Turing test: the cells of Table 6 and the gap to real clips.

A vote passes when it is not "machine"; a rater who clicks at random passes two clips in three, and real clips do not
reach 100 %, so that a rate means little without the ground truth's beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.study.analysis.bootstrap import crossed_bootstrap
from reports.study.analysis.cells import cells
from reports.study.analysis.opinion import Interval
from reports.study.analysis.proportions import newcombe, wilson
from reports.study.analysis.twoway import two_way

OPTIONS = ("machine", "undetermined", "real")


@dataclass(frozen=True, slots=True, kw_only=True)
class PassCell:
    """Votes on a method's clips on a data set, and shares of them in [0, 1]; intervals are 95 %."""

    dataset: str
    method: str
    n_votes: int
    n_clips: int
    n_raters: int
    counts: dict[str, int]  # votes by option
    passes: int
    pass_rate: float  # the paper's: undetermined or real
    wilson95: Interval  # takes votes for independent: too narrow
    deff: float | None  # design effect: the two-way variance over that of independent votes, at least 1
    n_eff: float | None  # n_votes / deff
    wilson95_clustered: Interval | None  # the default; None with one clip or one rater
    ci95_bootstrap: Interval | None
    strict_real_rate: float  # real alone
    clip_majority_pass_rate: float  # share of clips that more than half of their votes pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Pass rate of real clips less that of a method, and what raters told apart; intervals are 95 %."""

    dataset: str
    method: str
    ground_truth: str
    gap: float
    newcombe95: Interval  # takes votes for independent
    newcombe95_clustered: Interval | None  # from effective numbers of votes: the default
    hit_rate: float  # share of "machine" among votes on generated clips
    false_alarm_rate: float  # share of "machine" among votes on real clips


def pass_cells(votes: pd.DataFrame, *, seed: int = 0, draws: int | None = None) -> list[PassCell]:
    """The cells of Table 6, sorted by data set and method; `votes` have a column `answer` (one of `OPTIONS`).

    `seed` and `draws` as for `opinion_cells`.
    """
    return [
        _cell(dataset, method, group, seed, draws) for (dataset, method), group in cells(votes, "dataset", "method")
    ]


def gaps(rates: Iterable[PassCell], ground_truth: str) -> list[Gap]:
    """The gap of every method to the method `ground_truth` on the same data set."""
    rates = list(rates)
    real = {cell.dataset: cell for cell in rates if cell.method == ground_truth}
    return [_gap(real[cell.dataset], cell) for cell in rates if cell.method != ground_truth and cell.dataset in real]


def _cell(dataset: str, method: str, votes: pd.DataFrame, seed: int, draws: int | None) -> PassCell:
    counts = {option: int((votes["answer"] == option).sum()) for option in OPTIONS}
    passed: NDArray[np.float64] = np.asarray(votes["answer"] != "machine", dtype=np.float64)
    n, passes = len(passed), int(passed.sum())
    rate = passes / n
    crossed = two_way(passed, votes["clip_id"], votes["rater_id"])
    deff = None
    if crossed is not None:
        independent = rate * (1 - rate) / n
        # Where all votes agree nothing varies, and no design effect can be seen.
        deff = max(1.0, crossed.variance / independent) if independent else 1.0
    resampled = None
    if draws:
        name = f"{dataset}/{method}/turing"
        resampled = crossed_bootstrap(passed, votes["clip_id"], votes["rater_id"], seed=seed, name=name, draws=draws)
    by_clip = pd.Series(passed).groupby(votes["clip_id"].to_numpy()).mean()
    return PassCell(
        dataset=dataset,
        method=method,
        n_votes=n,
        n_clips=len(by_clip),
        n_raters=votes["rater_id"].nunique(),
        counts=counts,
        passes=passes,
        pass_rate=rate,
        wilson95=wilson(rate, n),
        deff=deff,
        n_eff=None if deff is None else n / deff,
        wilson95_clustered=None if deff is None else wilson(rate, n / deff),
        ci95_bootstrap=resampled,
        strict_real_rate=counts["real"] / n,
        clip_majority_pass_rate=float((by_clip > 0.5).mean()),
    )


def _gap(real: PassCell, generated: PassCell) -> Gap:
    clustered = None
    if real.n_eff is not None and generated.n_eff is not None:
        clustered = newcombe(real.pass_rate, real.n_eff, generated.pass_rate, generated.n_eff)
    return Gap(
        dataset=generated.dataset,
        method=generated.method,
        ground_truth=real.method,
        gap=real.pass_rate - generated.pass_rate,
        newcombe95=newcombe(real.pass_rate, real.n_votes, generated.pass_rate, generated.n_votes),
        newcombe95_clustered=clustered,
        hit_rate=generated.counts["machine"] / generated.n_votes,
        false_alarm_rate=real.counts["machine"] / real.n_votes,
    )
