"""Kernel audio distance: maximum mean discrepancy under a Gaussian kernel as wide as the reference is."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from avbench.metrics.kernel import KernelFunction
from avbench.metrics.metric import metric
from avbench.metrics.neighbours import squared_distances
from avbench.metrics.pair import Features, checked_pair

_BANDWIDTH_CLIPS = 4096  # reference clips whose distances make the bandwidth; 8 million of them tell their median
_TINY = 1e-8  # keeps the kernel of a reference of equal clips defined, as the authors' code has it


@metric(
    "kad",
    modality="audio",
    better="lower",
    scale=100,
    explanation="KAD, kernel audio distance; plain KAD takes the 1024 features of AudioCLIP's audio head, not "
    "normalised, and is shown times 100, as its authors do, who take other networks: compare it with KADs of the same "
    "network only.\n"
    "Unbiased estimate of the squared maximum mean discrepancy, in float64:\n"
    "    mean of k(r, r') over r != r'  +  mean of k(g, g') over g != g'  -  2 mean of k(r, g)\n"
    "under the kernel k(x, y) = exp(-|x - y|^2 / (2 h^2)), with h the median distance between two reference clips (of "
    f"the first {_BANDWIDTH_CLIPS:,}). Unlike FAD it is not biased by N: 0 on average for equal distributions, so that "
    "single values may be negative.\n"
    'Source: Chung et al. 2025, "KAD: No More FAD!", arXiv 2502.15602.',
    by_default=False,
    least_clips=100,
)
def kernel_audio_distance(reference: NDArray[np.floating], generated: NDArray[np.floating]) -> float:
    """Unbiased squared MMD under a Gaussian kernel, at most 2; about 0, also below, for equal distributions.

    Memory does not grow with N x M: the kernel is summed in blocks.

    Args:
        reference: (N, D) features, one row per clip, in random order. Computed in float64.
        generated: (M, D) features; M may differ from N.

    Raises:
        DataError: as `frechet_distance`.

    Source: Chung et al. 2025, sec. 3; the estimate is Gretton et al. 2012, "A Kernel Two-Sample Test", eq. 3.
    """
    x, y = checked_pair(reference, generated)
    N, M = len(x), len(y)
    width = 2 * bandwidth(x) ** 2 + _TINY
    within_x = (_kernel_sum(x, x, width) - N) / (N * (N - 1))  # a row with itself gives 1
    within_y = (_kernel_sum(y, y, width) - M) / (M * (M - 1))
    return within_x + within_y - 2 * _kernel_sum(x, y, width) / (N * M)


def kernel_as_wide_as(reference: Features) -> KernelFunction:
    """The Gaussian kernel whose width the reference clips (N, D) decide."""
    width = 2 * bandwidth(reference) ** 2 + _TINY

    def kernel(x: Features, y: Features) -> Features:
        return np.exp(np.concatenate([squares for _, squares in squared_distances(x, y)]) / -width)

    return kernel


def bandwidth(reference: Features) -> float:
    """The kernel's h: median Euclidean distance between two reference clips, (N, D), in feature units."""
    some = reference[:_BANDWIDTH_CLIPS]
    return float(np.median(np.concatenate(list(_distances_above_the_diagonal(some)))))


def _distances_above_the_diagonal(x: Features) -> Iterator[Features]:
    columns = np.arange(len(x))
    for first, squares in squared_distances(x, x):
        rows = first + np.arange(len(squares))
        yield np.sqrt(squares[columns > rows[:, None]])


def _kernel_sum(x: Features, y: Features, width: float) -> float:
    return sum(float(np.exp(squares / -width).sum()) for _, squares in squared_distances(x, y))
