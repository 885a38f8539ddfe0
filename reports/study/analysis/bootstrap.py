"""Percentile intervals by drawing clips and raters again: a check of the two-way interval that assumes no formula."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avbench.seeds import stream

DRAWS = 2000
_AT_ONCE = 200  # draws in memory together: 200 x 2,500 votes are 4 MB


def crossed_bootstrap(
    values: NDArray[np.float64], clips: pd.Series, raters: pd.Series, *, seed: int, name: str, draws: int = DRAWS
) -> tuple[float, float] | None:
    """95 % percentile interval of the mean of `values` (n,) when clips and raters are both drawn with replacement.

    A vote's weight in a draw is how often its clip was drawn times how often its rater was. `name` names the stream of
    randomness. None where there are fewer than two clips or raters.

    Source: Owen 2007, "The Pigeonhole Bootstrap".
    """
    clip_codes, clip_names = pd.factorize(clips)
    rater_codes, rater_names = pd.factorize(raters)
    if len(clip_names) < 2 or len(rater_names) < 2:
        return None
    generator = stream(seed, "study", "bootstrap", name)
    means = []
    for begin in range(0, draws, _AT_ONCE):
        size = min(_AT_ONCE, draws - begin)
        weights = _counts(generator, len(clip_names), size)[:, clip_codes]
        weights = weights * _counts(generator, len(rater_names), size)[:, rater_codes]
        total = weights.sum(axis=1)
        drawn = total > 0  # with few raters a draw can miss all votes
        means.append(weights[drawn] @ values / total[drawn])
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return float(low), float(high)


def _counts(generator: np.random.Generator, categories: int, draws: int) -> NDArray[np.float64]:
    return generator.multinomial(categories, np.full(categories, 1 / categories), size=draws).astype(np.float64)
