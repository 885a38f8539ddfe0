"""Kernel distance (maximum mean discrepancy) between two feature sets: the distance inside KVD."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from avbench.metrics.metric import metric
from avbench.metrics.pair import Features, checked_pair

# (N, D) and (M, D) features -> (N, M) kernel values.
KernelFunction = Callable[[Features, Features], Features]

_BLOCK_VALUES = 2**22  # kernel values held at once: 32 MiB, however many clips there are


@metric(
    "kvd",
    modality="video",
    better="lower",
    explanation="KVD, kernel video distance; plain KVD takes the 400 logits of I3D (Kinetics-400), without softmax.\n"
    "Unbiased estimate of the squared maximum mean discrepancy under the kernel k(x, y) = (x.y / D + 1)^3, over all "
    "clips, without subsets, in float64:\n"
    "    mean of k(r, r') over r != r'  +  mean of k(g, g') over g != g'  -  2 mean of k(r, g)\n"
    "It is 0 on average for equal distributions, so that single values may be negative.\n"
    'Source: Binkowski et al. 2018, "Demystifying MMD GANs", sec. 4 (KID); on video: Unterthiner et al. 2018, '
    '"Towards Accurate Generative Models of Video".',
    least_clips=100,
)
def kernel_distance(reference: NDArray[np.floating], generated: NDArray[np.floating]) -> float:
    """Unbiased squared MMD under the cubic kernel (x.y / D + 1)^3; about 0, also below, for equal distributions.

    Memory does not grow with N x M: the kernel is summed in blocks.

    Args:
        reference: (N, D) features, one row per clip. Computed in float64.
        generated: (M, D) features; M may differ from N.

    Raises:
        DataError: a set has fewer than 2 clips (no pairs) or values that are not finite, or D differs.

    Source: Gretton et al. 2012, "A Kernel Two-Sample Test", eq. 3; kernel of Binkowski et al. 2018, sec. 4.
    """
    x, y = checked_pair(reference, generated)
    N, M = len(x), len(y)
    within_x = _kernel_sum(x, x, skip_diagonal=True) / (N * (N - 1))
    within_y = _kernel_sum(y, y, skip_diagonal=True) / (M * (M - 1))
    return within_x + within_y - 2 * _kernel_sum(x, y, skip_diagonal=False) / (N * M)


def cubic_kernel(x: Features, y: Features) -> Features:
    """Kernel values (N, M) of all pairs of rows of x (N, D) and y (M, D): (x.y / D + 1)^3."""
    base: Features = x @ y.T / x.shape[1] + 1
    return base * base * base  # numpy's power would be many times slower


def _kernel_sum(x: Features, y: Features, *, skip_diagonal: bool) -> float:
    """Sum of the kernel over all pairs of rows, without the pairs (i, i) if `skip_diagonal`."""
    rows = max(1, _BLOCK_VALUES // len(y))
    total = 0.0
    for first in range(0, len(x), rows):
        kernel = cubic_kernel(x[first : first + rows], y)
        if skip_diagonal:
            np.fill_diagonal(kernel[:, first:], 0)
        total += float(kernel.sum())
    return total
