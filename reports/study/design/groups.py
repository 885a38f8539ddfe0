"""Dealing clips into groups that stand on one page together."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from avbench.errors import UsageError
from reports.study.design.clips import StudyClip

_ATTEMPTS = 30  # deals, each in another order, before the request counts as infeasible


def deal_groups(clips: Sequence[StudyClip], size: int, rng: np.random.Generator) -> list[list[StudyClip]]:
    """Groups of `size` clips, with methods in equal shares (they differ by one at most) and no source twice.

    A greedy deal into the group with the fewest clips; where no group can take a clip, another clip of its method moves
    to make room.

    Args:
        clips: of one data set, as many of each method.

    Raises:
        UsageError: there is no such deal, or none was found; the message names the constraint.
    """
    if len(clips) % size:
        raise UsageError(f"{len(clips)} clips do not fill pages of {size}")
    groups = len(clips) // size
    source, count = Counter(clip.source_id for clip in clips).most_common(1)[0]
    if count > groups:
        raise UsageError(
            f"one source on a page at most: {count} clips have the source {source}, and there are {groups} pages of "
            f"{size} clips; use fewer clips a page"
        )
    for _ in range(_ATTEMPTS):
        dealt = _Deal(clips, groups, size, rng).dealt()
        if dealt is not None:
            return dealt
    raise UsageError(
        f"one source on a page at most: no way was found to deal {len(clips)} clips into {groups} pages; "
        "use fewer clips a page, or clips of more sources"
    )


class _Deal:
    """One attempt."""

    def __init__(self, clips: Sequence[StudyClip], groups: int, size: int, rng: np.random.Generator) -> None:
        self._clips = [clips[index] for index in rng.permutation(len(clips))]
        self._groups: list[list[StudyClip]] = [[] for _ in range(groups)]
        self._sources: list[set[str]] = [set() for _ in range(groups)]
        # Consecutive labels of a repeating round of methods: shares of a group differ by one at most.
        methods = sorted({clip.method for clip in clips})
        rounds = [methods[index] for index in rng.permutation(len(methods))]
        order = rng.permutation(groups)
        self._room = [Counter(rounds[(place * size + k) % len(rounds)] for k in range(size)) for place in order]
        self._tie = rng.permutation(groups)

    def dealt(self) -> list[list[StudyClip]] | None:
        # Method by method: the last methods meet groups that hold sources already, and equal sizes leave them a choice.
        for clip in sorted(self._clips, key=lambda clip: clip.method):
            if not (self._place(clip) or self._make_room(clip)):
                return None
        return self._groups

    def _place(self, clip: StudyClip) -> bool:
        free = [group for group in range(len(self._groups)) if self._takes(group, clip)]
        if not free:
            return False
        self._put(clip, min(free, key=lambda group: (len(self._groups[group]), self._tie[group])))
        return True

    def _make_room(self, clip: StudyClip) -> bool:
        """Moves a clip of the same method into a group with room, so that its place becomes free for `clip`."""
        with_room = [group for group in range(len(self._groups)) if self._room[group][clip.method]]
        for group, members in enumerate(self._groups):
            for other in members:
                if other.method != clip.method or clip.source_id in self._sources[group] - {other.source_id}:
                    continue
                for goal in with_room:
                    if self._takes(goal, other):
                        self._take_out(other, group)
                        self._put(other, goal)
                        self._put(clip, group)
                        return True
        return False

    def _takes(self, group: int, clip: StudyClip) -> bool:
        return self._room[group][clip.method] > 0 and clip.source_id not in self._sources[group]

    def _put(self, clip: StudyClip, group: int) -> None:
        self._groups[group].append(clip)
        self._sources[group].add(clip.source_id)
        self._room[group][clip.method] -= 1

    def _take_out(self, clip: StudyClip, group: int) -> None:
        self._groups[group].remove(clip)
        self._sources[group].remove(clip.source_id)
        self._room[group][clip.method] += 1
