"""Which methods differ: tests over clip means, corrected for how many there are."""

import itertools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from reports.study.analysis.cells import cells

_MARKS = ((0.001, "***"), (0.01, "**"), (0.05, "*"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTest:
    """Methods a and b compared over the means of their clips, in one task of a data set.

    Where both methods show the same sources the test is Wilcoxon's of signed ranks, over pairs of clips of one source;
    otherwise it is that of Mann and Whitney, and Welch's t stands beside it. All are two-sided.
    """

    dataset: str
    task: str
    a: str
    b: str
    test: str  # "wilcoxon" or "mann-whitney"
    n_a: int  # clips; for Wilcoxon, pairs
    n_b: int
    diff: float  # mean of a's clip means less that of b's
    statistic: float | None  # U of a, or the smaller sum of ranks; None where a test is undefined
    p: float | None
    p_holm: float | None = None
    mark: str = "ns"  # after Holm: * below .05, ** below .01, *** below .001
    welch_t: float | None = None
    welch_p: float | None = None
    cliffs_delta: float = 0.0  # P(a > b) - P(a < b) over clips


def pair_tests(votes: pd.DataFrame, sources: pd.DataFrame, focus: str | None = None) -> list[PairTest]:
    """Tests of every pair of methods in each data set and task; Holm's correction runs over all of them.

    Args:
        votes: votes with a column `score` (float).
        sources: the key's rating clips: columns clip_id, dataset, method, source_id. They, not the votes that happened
            to come in, decide whether two methods show the same sources.
        focus: compare this method with each other one only; None compares all with all.
    """
    same = _shown_sources(sources)
    clip_means = votes.groupby(["dataset", "task", "method", "clip_id"], sort=True)["score"].mean().reset_index()
    clip_means = clip_means.merge(sources[["clip_id", "source_id"]], on="clip_id", how="left")
    tests = []
    for (dataset, task), group in cells(clip_means, "dataset", "task"):
        by_method = {str(method): clips for method, clips in group.groupby("method", sort=True)}
        for a, b in _chosen(list(by_method), focus):
            paired = same[dataset, a] == same[dataset, b]
            test = _paired if paired else _unpaired
            tests.append(test(dataset, task, a, b, by_method[a], by_method[b]))
    return _corrected(tests)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for their number, in the given order, each at most 1.

    Source: Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure".
    """
    order = np.argsort(p_values, kind="stable")
    scaled = np.asarray(p_values, np.float64)[order] * np.arange(len(p_values), 0, -1)
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return [float(p) for p in corrected]


def cliffs_delta(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """P(a > b) - P(a < b) for a random value of each, in [-1, 1].

    Source: Cliff 1993, "Dominance Statistics: Ordinal Analyses to Answer Ordinal Questions".
    """
    return float(np.sign(a[:, None] - b[None, :]).mean())


def mark(p: float | None) -> str:
    """Stars of a p-value; "ns" from .05 on."""
    return next((stars for limit, stars in _MARKS if p is not None and p < limit), "ns")


def _chosen(methods: list[str], focus: str | None) -> list[tuple[str, str]]:
    if focus is None:
        return list(itertools.combinations(methods, 2))
    return [(focus, other) for other in methods if other != focus] if focus in methods else []


def _shown_sources(sources: pd.DataFrame) -> dict[tuple[str, str], tuple[str, ...]]:
    groups = cells(sources, "dataset", "method")
    return {(dataset, method): tuple(sorted(clips["source_id"])) for (dataset, method), clips in groups}


def _unpaired(dataset: str, task: str, a: str, b: str, clips_a: pd.DataFrame, clips_b: pd.DataFrame) -> PairTest:
    means_a, means_b = clips_a["score"].to_numpy(np.float64), clips_b["score"].to_numpy(np.float64)
    ranks = stats.mannwhitneyu(means_a, means_b, method="asymptotic", use_continuity=True)
    t = p = None
    # Welch's t has no meaning for one clip, nor where neither method's clips differ among themselves.
    if min(len(means_a), len(means_b)) > 1 and np.ptp(means_a) + np.ptp(means_b) > 0:
        t, p = map(float, stats.ttest_ind(means_a, means_b, equal_var=False))
    defined = not np.isnan(ranks.pvalue)  # undefined where all clip means are equal
    return PairTest(
        dataset=dataset,
        task=task,
        a=a,
        b=b,
        test="mann-whitney",
        n_a=len(means_a),
        n_b=len(means_b),
        diff=float(means_a.mean() - means_b.mean()),
        statistic=float(ranks.statistic),
        p=float(ranks.pvalue) if defined else None,
        welch_t=t,
        welch_p=p,
        cliffs_delta=cliffs_delta(means_a, means_b),
    )


def _paired(dataset: str, task: str, a: str, b: str, clips_a: pd.DataFrame, clips_b: pd.DataFrame) -> PairTest:
    means = [clips.groupby("source_id")["score"].mean() for clips in (clips_a, clips_b)]
    both = pd.concat(means, axis=1, join="inner").to_numpy(np.float64)
    differences = both[:, 0] - both[:, 1]
    statistic = p = None
    if np.any(differences != 0):
        with warnings.catch_warnings():
            # SciPy warns that few pairs make its normal approximation rough; it falls back on that only with ties.
            warnings.simplefilter("ignore", UserWarning)
            statistic, p = map(float, stats.wilcoxon(differences))
    return PairTest(
        dataset=dataset,
        task=task,
        a=a,
        b=b,
        test="wilcoxon",
        n_a=len(both),
        n_b=len(both),
        diff=float(differences.mean()) if len(both) else float("nan"),
        statistic=statistic,
        p=p,
        cliffs_delta=cliffs_delta(both[:, 0], both[:, 1]) if len(both) else 0.0,
    )


def _corrected(tests: list[PairTest]) -> list[PairTest]:
    defined = [test for test in tests if test.p is not None]
    corrected = dict(zip(map(id, defined), holm([test.p for test in defined if test.p is not None]), strict=True))
    return [replace(test, p_holm=corrected.get(id(test)), mark=mark(corrected.get(id(test)))) for test in tests]
