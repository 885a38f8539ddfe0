"""What a study can see: the smallest difference it will probably find, and how wide its intervals will be."""

from dataclasses import dataclass
from math import ceil, sqrt

from scipy.stats import norm

from avbench.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What one has to know of votes before there are any; a pilot of one's own tells it best. Votes have sd 1 here."""

    clip_variance: float = 0.25  # of clips' true scores
    vote_variance: float = 0.75  # of votes about one clip
    correlation: float = 0.4  # of votes about one clip, for intervals of a single score: a cautious value
    alpha: float = 0.05  # two-sided
    power: float = 0.8  # chance of finding a difference that is there

    def __post_init__(self) -> None:
        for name in ("clip_variance", "vote_variance"):
            if getattr(self, name) < 0:
                raise UsageError(f"{name} is {getattr(self, name)}; a variance is not negative")
        for name in ("correlation", "alpha", "power"):
            if not 0 <= getattr(self, name) < 1 or (name != "correlation" and getattr(self, name) == 0):
                raise UsageError(f"{name} is {getattr(self, name)}; it lies between 0 and 1")

    @property
    def z(self) -> float:
        """Standard errors that a difference must have to be found: 1.96 + 0.842 by default."""
        return float(norm.ppf(1 - self.alpha / 2) + norm.ppf(self.power))


def detectable_difference(clips: int, votes: int, assume: Assumptions) -> float:
    """The smallest difference of two methods' MOS that is found with the assumed power.

    Args:
        clips: of each method, other clips in each.
        votes: on each clip.
    """
    _check(clips, votes)
    return assume.z * sqrt(2 * (assume.clip_variance + assume.vote_variance / votes) / clips)


def clips_needed(difference: float, votes: int, assume: Assumptions) -> int:
    """Clips of each method for which `difference` in MOS is found with the assumed power."""
    _check(1, votes)
    if difference <= 0:
        raise UsageError(f"the difference is {difference}; it must be positive")
    return ceil(2 * assume.z**2 * (assume.clip_variance + assume.vote_variance / votes) / difference**2)


def design_effect(votes: int, assume: Assumptions) -> float:
    """By how much the variance grows since votes about one clip hang together (Kish)."""
    return 1 + (votes - 1) * assume.correlation


def half_width(clips: int, votes: int, assume: Assumptions, *, independent: bool = False) -> float:
    """Half the 95 % interval (1 - alpha) of one method's MOS.

    Args:
        independent: take votes about one clip as independent, which they are not.
    """
    _check(clips, votes)
    variance = (assume.clip_variance + assume.vote_variance) / (clips * votes)
    effect = 1.0 if independent else design_effect(votes, assume)
    return float(norm.ppf(1 - assume.alpha / 2)) * sqrt(variance * effect)


def votes_for_rates(first: float, second: float, assume: Assumptions) -> int:
    """Independent votes of each method for which two pass rates in (0, 1) are told apart; times the design effect."""
    for rate in (first, second):
        if not 0 < rate < 1:
            raise UsageError(f"a pass rate is {rate}; it lies between 0 and 1")
    if first == second:
        raise UsageError(f"both pass rates are {first}; there is no difference to find")
    spread = first * (1 - first) + second * (1 - second)
    return ceil(assume.z**2 * spread / (first - second) ** 2)


def detectable_rate(clips: int, votes: int, base: float, assume: Assumptions) -> float:
    """The pass rate above `base` that is told from it, solved by bisection; 1 where none is."""
    _check(clips, votes)
    available = clips * votes / design_effect(votes, assume)
    low, high = base, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if low < middle < high and votes_for_rates(base, middle, assume) > available:
            low = middle
        else:
            high = middle
    return high


def _check(clips: int, votes: int) -> None:
    for name, count in (("clips", clips), ("votes", votes)):
        if count < 1:
            raise UsageError(f"{name} is {count}; it must be at least 1")
