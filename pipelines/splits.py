"""Shares of a data set by source, for folders that have no splits of their own."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from avbench.errors import UsageError
from avbench.seeds import stream


def parse_split(text: str) -> dict[str, Fraction]:
    """Read shares such as "train=.9,test=.1".

    Raises:
        UsageError: it is not of this form, or the shares do not add up to 1.
    """
    try:
        shares = {
            name.strip(): Fraction(share.strip()) for name, share in (part.split("=") for part in text.split(","))
        }
    except (ValueError, ZeroDivisionError):
        raise UsageError(f'--split "{text}" is not of the form train=.9,test=.1') from None
    if sum(shares.values()) != 1 or min(shares.values()) < 0 or not all(name.isalnum() for name in shares):
        raise UsageError(f'--split "{text}": the shares must be positive, add up to 1 and have names of letters')
    return shares


def assign_splits(keys: Sequence[str], shares: Mapping[str, Fraction], seed: int) -> dict[str, str]:
    """Deal sources, by key, to splits in an order that `seed` decides. No source is in two splits."""
    order = stream(seed, "prepare", "split").permutation(len(keys))
    dealt = [sorted(keys)[place] for place in order]
    splits = {}
    end = Fraction(0)
    for name, share in shares.items():
        begin, end = end, end + share
        for key in dealt[round(begin * len(keys)) : round(end * len(keys))]:
            splits[key] = name
    return splits
