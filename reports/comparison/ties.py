"""Which numbers of a column are the best: the best one, and all that cannot be told from it."""

from collections.abc import Sequence
from math import hypot, isfinite, nan
from typing import Literal

from avbench.compare import unlike
from avbench.statistics.paired import Verdict, paired_difference
from reports.comparison.scored import Score

_Z = 1.959963984540054  # of a normal distribution's middle 95 %


def best(scores: Sequence[Score | None], better: Literal["lower", "higher"]) -> list[bool]:
    """For each score whether it is the best or tied with it; none is where fewer than two can be compared.

    Scores of evaluations that are alike and left out the same source videos are compared in pairs, as `avbench compare`
    does: what both owe to the same reference drops out. Any others are tied when their difference is smaller than its
    own 95 % half-width, had from both standard errors as if they were independent, which calls more ties. Without
    standard errors or intervals only equal numbers are tied.
    """
    candidates = [score for score in scores if score is not None and score.counts]
    if len(candidates) < 2:
        return [False] * len(scores)
    choose = min if better == "lower" else max
    leader = choose(candidates, key=lambda score: score.value)
    return [score is not None and score.counts and _tied(score, leader) for score in scores]


def best_by_size(
    scores: Sequence[Score | None], sizes: Sequence[object], better: Literal["lower", "higher"]
) -> list[bool]:
    """The same among scores of one N each, for distances of unlike N cannot be compared.

    Args:
        sizes: of each score, whatever stands for its N.
    """
    leaders = [False] * len(scores)
    for size in set(sizes):
        rivals = [score if own == size else None for score, own in zip(scores, sizes, strict=True)]
        leaders = [one or other for one, other in zip(leaders, best(rivals, better), strict=True)]
    return leaders


def half_width(score: Score) -> float:
    """Half of the 95 % interval; NaN where there is none."""
    if isfinite(score.low) and isfinite(score.high):
        return (score.high - score.low) / 2
    return _Z * score.se if isfinite(score.se) else nan


def _tied(score: Score, leader: Score) -> bool:
    difference = abs(score.value - leader.value)
    if difference == 0:
        return True
    verdict = _paired(leader, score)
    if verdict != "unknown":
        return verdict != "first"
    together = hypot(half_width(score), half_width(leader))
    return isfinite(together) and difference <= together


def _paired(first: Score, second: Score) -> Verdict:
    one, other = first.evidence, second.evidence
    if one is None or other is None or unlike(one.told, other.told) or one.clips != other.clips:
        return "unknown"
    return paired_difference(one.estimate, other.estimate).better
