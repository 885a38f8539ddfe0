"""Fréchet distance between Gaussian fits of two feature sets: the distance inside FVD and FAD."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from avbench.metrics.metric import metric
from avbench.metrics.pair import Features, checked_pair

_FORMULA = (
    "Squared Fréchet distance between Gaussians fitted to the two sets of features, each with its mean mu and "
    "covariance S (divisor N - 1), in float64:\n"
    "    |mu_r - mu_g|^2 + Tr(S_r) + Tr(S_g) - 2 Tr((S_r S_g)^(1/2))\n"
    "It is 0 for equal statistics. The estimate is biased upwards by about 1/N: compare values of one N only."
)


@metric(
    "fvd",
    modality="video",
    better="lower",
    explanation="FVD, Fréchet video distance; plain FVD takes the 400 logits of I3D (Kinetics-400), without softmax.\n"
    f"{_FORMULA}\n"
    'Source: Unterthiner et al. 2018, "Towards Accurate Generative Models of Video", sec. 3.',
    full_rank=True,
)
@metric(
    "fad",
    modality="audio",
    better="lower",
    scale=1e4,
    explanation="FAD, Fréchet audio distance; plain FAD takes the 1024 features of AudioCLIP's audio head, not "
    "normalised, and is shown times 10,000. It is not the FAD on VGGish.\n"
    f"{_FORMULA}\n"
    'Source: Kilgour et al. 2019, "Fréchet Audio Distance"; on AudioCLIP: Ruan et al. 2023, "MM-Diffusion", sec. 4.',
    full_rank=True,
)
def frechet_distance(reference: NDArray[np.floating], generated: NDArray[np.floating]) -> float:
    """Squared Fréchet distance, in squared feature units; 0 for equal statistics (up to rounding, so maybe -1e-10).

    Args:
        reference: (N, D) features, one row per clip. Computed in float64.
        generated: (M, D) features; M may differ from N.

    Raises:
        DataError: a set has fewer than 2 clips (no covariance) or values that are not finite, or D differs.

    Source: Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule", eq. 6.
    """
    reference, generated = checked_pair(reference, generated)
    shift = reference.mean(axis=0) - generated.mean(axis=0)
    x, y = _deviations(reference), _deviations(generated)
    return float(shift @ shift + np.vdot(x, x) + np.vdot(y, y) - 2 * _trace_of_root(x, y))


def frechet_of_moments(mean_r: Features, covariance_r: Features, mean_g: Features, covariance_g: Features) -> float:
    """The same distance from means (D,) and covariances (D, D), which costs less where rows are many.

    For covariances of fewer rows than dimensions, `frechet_distance` of the rows keeps more digits.

    Source: as `frechet_distance`.
    """
    shift = mean_r - mean_g
    root = np.sqrt(_eigenvalues_of_product(covariance_r, covariance_g).clip(min=0)).sum()
    return float(shift @ shift + np.trace(covariance_r) + np.trace(covariance_g) - 2 * root)


def _eigenvalues_of_product(A: Features, B: Features) -> Features:
    """The eigenvalues (D,) of AB, for symmetric A and B, by way of the symmetric F B F' with F'F = A."""
    # LAPACK's own route for such pairs, with F' the Cholesky factor: half of what two general products cost. Transposed
    # views are in its order of memory, so that nothing is copied to and fro.
    factor, failed = lapack.dpotrf(A.T, lower=True)
    if failed:  # singular, for features that do not vary
        F = _root_factor(A)
        return _eigenvalues(F @ B @ F.T)
    product, _ = lapack.dsygst(B.T, factor, itype=2, lower=True)
    return _eigenvalues(product)


def _eigenvalues(symmetric: NDArray[np.floating]) -> Features:
    """Its lower triangle is enough."""
    return np.asarray(np.linalg.eigvalsh(symmetric, UPLO="L"), np.float64)


def _deviations(features: Features) -> Features:
    """Rows less their mean, over sqrt(N - 1): x with the covariance x'x, whose trace is the sum of x squared."""
    deviations: Features = (features - features.mean(axis=0)) / math.sqrt(len(features) - 1)
    return deviations


def _trace_of_root(x: Features, y: Features) -> float:
    """Tr((x'x y'y)^(1/2)) for deviations x (N, D) and y (M, D), by the cheaper of two equal ways."""
    D = x.shape[1]
    if min(len(x), len(y)) < D:
        # The eigenvalues of x'x y'y are the squared singular values of xy': few rows make that a small matrix.
        # Nothing is squared on the way, so singular covariances cost no digits.
        return float(np.linalg.svd(x @ y.T, compute_uv=False).sum())
    # By way of the symmetric F y'y F' with F'F = x'x: same eigenvalues, but real and not negative, where the square
    # root of the plain product turns complex for nearly singular covariances.
    F = _root_factor(x.T @ x)
    return float(np.sqrt(np.linalg.eigvalsh(F @ (y.T @ y) @ F.T).clip(min=0)).sum())


def _root_factor(covariance: Features) -> Features:
    """F with F'F = covariance, which may be singular."""
    eigenvalues, vectors = np.linalg.eigh(covariance)
    factor: Features = np.sqrt(eigenvalues.clip(min=0))[:, None] * vectors.T
    return factor
