"""Groups of source videos: what a block jackknife leaves out at a time.

Clips cut from one video resemble each other, so that leaving out one clip says too little about what another sample of
videos would have given. Whole videos are left out instead, and where there are many of them, groups of them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_GROUPS = 32

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which group each source video of the two sets belongs to; group g is left out of both sets at once."""

    count: int
    reference: Mapping[str, int]  # group by source
    generated: Mapping[str, int]

    def labels(self, reference: Sequence[str], generated: Sequence[str]) -> tuple[Labels, Labels]:
        """The groups (N,) and (M,) of rows whose sources these are."""
        return (
            np.array([self.reference[source] for source in reference], np.int64),
            np.array([self.generated[source] for source in generated], np.int64),
        )


def group_sources(
    reference: Sequence[str],
    generated: Sequence[str],
    randomness: np.random.Generator,
    most: int = MOST_GROUPS,
) -> Grouping:
    """Shares the source videos of both sets out over groups of about as many clips each.

    There are as many groups as the poorer set has sources, so that each is one source of that set, but at most `most`.
    The reference's groups depend on it and on their number alone: evaluations of two methods against one reference
    leave out the same videos. A source that stands in both sets, such as the video that a sample was conditioned on,
    is in the same group of both.

    Args:
        reference: the source of each row, N of them.
        generated: the same of the other set, M of them.
        randomness: breaks ties, so that no group holds neighbours alone.
    """
    count = min(most, len(set(reference)), len(set(generated)))
    of_reference = _shared_out(Counter(reference), count, {}, randomness)
    return Grouping(count, of_reference, _shared_out(Counter(generated), count, of_reference, randomness))


def _shared_out(
    clips: Mapping[str, int], count: int, given: Mapping[str, int], randomness: np.random.Generator
) -> dict[str, int]:
    """The group of each source; the largest sources first, each to the group that holds the fewest clips so far."""
    loads = np.zeros(count, np.int64)
    groups = {source: given[source] for source in clips if source in given}
    for source, group in groups.items():
        loads[group] += clips[source]
    rest = [source for source in sorted(clips) if source not in groups]
    shuffled = [rest[index] for index in randomness.permutation(len(rest))]
    for source in sorted(shuffled, key=lambda source: -clips[source]):
        groups[source] = int(loads.argmin())
        loads[groups[source]] += clips[source]
    return groups
