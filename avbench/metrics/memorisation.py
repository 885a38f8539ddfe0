"""Memorisation: are generated clips nearer to the training clips than real clips are that the model never saw?

A generator that has learned the distribution makes clips as near to its training set as held-out clips are; one that
copies makes nearer ones. FVD, KVD and FAD reward copying, and so cannot tell.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from avbench.errors import DataError
from avbench.metrics.neighbours import squared_distances
from avbench.metrics.pair import Features


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest training clip of each of M clips."""

    index: NDArray[np.intp]  # (M,) row of the training clips
    distance: NDArray[np.float64]  # (M,) Euclidean, in feature units


def nearest(training: Features, clips: Features) -> Nearest:
    """The nearest of the training clips (N, D) to each of `clips` (M, D)."""
    return _nearest(training, clips, None, None)


def nearest_of_other_sources(training: Features, sources: NDArray[np.integer]) -> Nearest:
    """The nearest clip of another source to each of the training clips (N, D): the held-out baseline of a set that
    holds nothing out.

    Args:
        sources: (N,) the number of the source that each clip was cut from.

    Raises:
        DataError: all clips are of one source.
    """
    if len(np.unique(sources)) < 2:
        raise DataError("all training clips are of one source video; a held-out baseline needs at least two")
    return _nearest(training, training, sources, sources)


def held_out_nearer(generated: NDArray[np.float64], held_out: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each generated clip, the share of held-out clips that are nearer to the training set; ties count half.

    About uniform on [0, 1] for clips like the held-out ones; 0 for a clip that is nearer than all of them.

    Args:
        generated: (M,) distances to the nearest training clip.
        held_out: (H,) the same of held-out clips.
    """
    M = len(generated)
    together = rankdata(np.concatenate([generated, held_out]))[:M]
    return np.asarray((together - rankdata(generated)) / len(held_out), np.float64)


def share_nearer(generated: NDArray[np.float64], held_out: NDArray[np.float64]) -> float:
    """Chance that a generated clip is nearer to the training set than a held-out one, in [0, 1]; 0.5 is no copying.

    Args as of `held_out_nearer`. Source: the statistic (Mann & Whitney's) of Meehan et al. 2020, "A Non-Parametric
    Test to Detect Data-Copying in Generative Models", sec. 3.
    """
    return float(1 - held_out_nearer(generated, held_out).mean())


def joint_space(video: Features, audio: Features, training: slice) -> Features:
    """Both features of the same clips side by side, (N, D + D'), each by its spread over the rows of `training`.

    So scaled, picture and sound weigh alike: the mean squared distance of a training clip to their middle is 1 in both.
    """
    return np.concatenate([_by_spread(features, features[training]) for features in (video, audio)], axis=1)


def _by_spread(features: Features, training: Features) -> Features:
    spread = float(np.sqrt(training.var(axis=0).sum()))
    return features / (spread if spread > 0 else 1.0)


def _nearest(
    training: Features,
    clips: Features,
    training_sources: NDArray[np.integer] | None,
    sources: NDArray[np.integer] | None,
) -> Nearest:
    index, squared = np.empty(len(clips), np.intp), np.empty(len(clips))
    for first, squares in squared_distances(clips, training):
        rows = slice(first, first + len(squares))
        if training_sources is not None and sources is not None:
            squares[sources[rows, None] == training_sources] = np.inf
        index[rows] = squares.argmin(axis=1)
        squared[rows] = squares.min(axis=1)
    return Nearest(index, np.sqrt(squared))
