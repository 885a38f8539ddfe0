"""How automatic metrics go with what people say: Spearman's correlation over methods, with two kinds of interval.

A study has few methods, so that a correlation rests on few points. One interval tells what the noise of the scores
and of the metric does to the correlation of these methods; the other, what choosing other methods might do.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import atanh, sqrt, tanh

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from avbench.seeds import stream
from reports.study.analysis.opinion import Interval
from reports.study.analysis.proportions import Z95

DRAWS = 2000
_EXACT = 8  # methods up to which all orders are tried: 40,320


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A method under a metric and in the eyes of raters, with standard errors where they are known."""

    method: str
    metric: float
    metric_se: float | None
    score: float
    score_se: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """Spearman's correlation over methods; a metric of which less is better agrees with people where it is negative."""

    rho: float | None  # None where one of both is the same for all methods
    p: float | None  # two-sided, over all orders of the methods where they are few
    noise: Interval | None  # 95 %, these methods measured again; None where no standard error is known
    methods: Interval | None  # 95 %, other methods of the same kind; None for fewer than four


def correlate(points: Sequence[Point], *, seed: int, name: str) -> Correlation:
    """Spearman's correlation between metric and score; `name` names the stream of randomness.

    Source of the interval over methods: Bonett and Wright 2000, "Sample Size Requirements for Estimating Pearson,
    Kendall and Spearman Correlations", eq. 2.
    """
    metric = np.array([point.metric for point in points])
    score = np.array([point.score for point in points])
    rho = _spearman(metric, score)
    if rho is None:
        return Correlation(rho=None, p=None, noise=None, methods=None)
    n = len(points)
    methods = None
    if n > 3 and abs(rho) < 1:
        half = Z95 * sqrt((1 + rho**2 / 2) / (n - 3))
        methods = (tanh(atanh(rho) - half), tanh(atanh(rho) + half))
    return Correlation(
        rho=rho, p=_p_value(metric, score, rho), noise=_noise(points, metric, score, seed, name), methods=methods
    )


def _spearman(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    ranks_a, ranks_b = stats.rankdata(a), stats.rankdata(b)
    if len(a) < 2 or np.ptp(ranks_a) == 0 or np.ptp(ranks_b) == 0:
        return None
    return float(np.corrcoef(ranks_a, ranks_b)[0, 1])


def _p_value(metric: NDArray[np.float64], score: NDArray[np.float64], rho: float) -> float:
    if len(metric) > _EXACT:
        return float(stats.spearmanr(metric, score).pvalue)
    orders = _standard_ranks(np.array(list(itertools.permutations(score))))
    found = orders @ _standard_ranks(metric[None, :])[0]
    return float(np.mean(np.abs(found) >= abs(rho) - 1e-12))


def _noise(
    points: Sequence[Point], metric: NDArray[np.float64], score: NDArray[np.float64], seed: int, name: str
) -> Interval | None:
    spread_metric = np.array([point.metric_se or 0.0 for point in points])
    spread_score = np.array([point.score_se or 0.0 for point in points])
    if not (spread_metric.any() or spread_score.any()):
        return None
    generator = stream(seed, "study", "correlation", name)
    shape = (DRAWS, len(points))
    products = _standard_ranks(generator.normal(metric, spread_metric, shape)) * _standard_ranks(
        generator.normal(score, spread_score, shape)
    )
    low, high = np.percentile(products.sum(axis=1), [2.5, 97.5])
    return float(low), float(high)


def _standard_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks in each row, with mean 0 and length 1, so that a product of two sums to Spearman's correlation."""
    ranks = stats.rankdata(values, axis=1)
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    length = np.sqrt(np.sum(centred**2, axis=1, keepdims=True))
    # Where a quantity without error is the same for all methods, its ranks tell nothing: correlation 0.
    return np.asarray(centred / np.where(length > 0, length, 1), np.float64)
