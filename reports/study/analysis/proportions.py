"""Intervals of shares of votes: Wilson's for one share, Newcombe's for the difference of two."""

from math import sqrt

from scipy import stats

Z95 = float(stats.norm.ppf(0.975))


def wilson(share: float, n: float, *, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of a share in [0, 1] of `n` votes; `n` may be an effective number of votes.

    Unlike share +- z se it stays within [0, 1] and does not shrink to nothing at 0 or 1.

    Source: Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    centre = share + z**2 / (2 * n)
    half = z * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    return (centre - half) / scale, (centre + half) / scale


def newcombe(share_a: float, n_a: float, share_b: float, n_b: float, *, z: float = Z95) -> tuple[float, float]:
    """Newcombe's hybrid score interval of `share_a - share_b`, two independent shares of n_a and n_b votes.

    Source: Newcombe 1998, "Interval Estimation for the Difference Between Independent Proportions", method 10.
    """
    (low_a, high_a), (low_b, high_b) = wilson(share_a, n_a, z=z), wilson(share_b, n_b, z=z)
    gap = share_a - share_b
    return (
        gap - sqrt((share_a - low_a) ** 2 + (high_b - share_b) ** 2),
        gap + sqrt((high_a - share_a) ** 2 + (share_b - low_b) ** 2),
    )
