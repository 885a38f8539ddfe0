"""Draws: which windows a run takes from a clip set, in which order, and in which batches."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from avbench.errors import DataError
from avbench.protocol import Protocol
from avbench.windows import Window


@dataclass(frozen=True, slots=True)
class Draw:
    """The windows of one set in one run.

    `batches` are what an extractor that sees its batch is fed. Their rows, in order and cut to `size`, are the rows
    that count, so that batches may hold a few windows more than the draw.
    """

    size: int
    batches: tuple[tuple[Window, ...], ...]

    @property
    def windows(self) -> list[Window]:
        """The rows that count, in order; a repeated window stands several times."""
        return [window for batch in self.batches for window in batch][: self.size]

    @property
    def repeats(self) -> float:
        """How often a window stands in the draw, on average."""
        windows = self.windows
        return len(windows) / len(set(windows))

    def first(self, size: int) -> "Draw":
        """The draw's first `size` rows."""
        needed, rows = [], 0
        for batch in self.batches:
            if rows >= size:
                break
            needed.append(batch)
            rows += len(batch)
        return Draw(min(size, rows), tuple(needed))


def draw(candidates: Sequence[Window], protocol: Protocol, randomness: np.random.Generator) -> Draw:
    """N windows out of `candidates`, shuffled.

    Where there are fewer than N, `short_sets="repeat"` reads the shuffled batches again and again in the same order
    until N rows exist, as the released evaluation does, and `"shrink"` takes what there is.

    Raises:
        DataError: `candidates` holds fewer than 2 windows.
    """
    if len(candidates) < 2:
        raise DataError(f"{len(candidates)} window(s) to draw from; a distance needs at least 2")
    order = randomness.permutation(len(candidates))
    if protocol.short_sets == "shrink":
        order = order[: protocol.samples]
    size = protocol.audio_batch
    round_trip = [
        tuple(candidates[index] for index in order[begin : begin + size]) for begin in range(0, len(order), size)
    ]
    wanted = protocol.samples if protocol.short_sets == "repeat" else len(order)
    batches: list[tuple[Window, ...]] = []
    rows = 0
    while rows < wanted:
        batch = round_trip[len(batches) % len(round_trip)]
        batches.append(batch)
        rows += len(batch)
    return Draw(wanted, tuple(batches))


def halves(
    candidates: Sequence[Window], sources: Sequence[str], randomness: np.random.Generator
) -> tuple[list[Window], list[Window], str]:
    """Two disjoint sets of windows whose clips come from different source videos.

    Args:
        candidates: the windows to share out.
        sources: the source video of each clip, by clip number.

    Returns:
        The two sets, and a note where there are too few sources or windows for them to be what they should be.
    """
    by_source = _split([sources[window.clip] for window in candidates], candidates, randomness)
    if min(map(len, by_source)) >= 2:
        return *by_source, ""
    by_window = _split(candidates, candidates, randomness)
    if min(map(len, by_window)) >= 2:
        return *by_window, "too few source videos: the two draws share them"
    return list(candidates), list(candidates), "too few windows: the two draws share them"


def _split(
    groups: Sequence[Hashable], candidates: Sequence[Window], randomness: np.random.Generator
) -> tuple[list[Window], list[Window]]:
    """Half of the groups to one side, the rest to the other; `groups` names each candidate's."""
    names = list(dict.fromkeys(groups))
    first = {names[index] for index in randomness.permutation(len(names))[: len(names) // 2]}
    one = [window for window, group in zip(candidates, groups, strict=True) if group in first]
    return one, [window for window, group in zip(candidates, groups, strict=True) if group not in first]
