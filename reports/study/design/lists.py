"""Dealing pages to raters, where we are the ones who deal: on our own page, or to qualification groups."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from avbench.errors import UsageError

_ATTEMPTS = 5  # deals, each in another order, before the request counts as infeasible
_PAGES_A_RATER = 12  # by default: 12 clips of 1.6 s, played twice, take 98 s, so that a session ends within 20 minutes


@dataclass(frozen=True, slots=True)
class DealtPage:
    """A page as far as dealing it goes.

    Attributes:
        once: what a rater may meet once at most: each (task, source) of the page, and each clip unless it may repeat.
    """

    page_id: str
    once: frozenset[tuple[str, ...]]


def deal_lists(
    pages: Sequence[DealtPage], votes: int, raters: int | None, new_rng: Callable[[int], np.random.Generator]
) -> list[list[str]]:
    """For each rater the ids of their pages: each page goes to `votes` raters, and loads differ by one at most.

    A greedy deal to the rater with the fewest pages; where fewer than `votes` raters can take a page, another page
    moves to make room.

    Args:
        raters: how many; None for as many as give 12 pages each, or more where the constraints need them.
        new_rng: the source of chance of attempt k.

    Raises:
        UsageError: `raters` are too few; the message names the constraint.
    """
    if raters is not None:
        _check_feasible(pages, votes, raters)
        dealt = _attempts(pages, votes, raters, new_rng)
        if dealt is None:
            raise UsageError(
                f"no rater meets a source twice in a task, or a clip twice: no way was found to deal {len(pages)} "
                f"pages to {votes} of {raters} raters each; allow more raters, or use fewer clips a page"
            )
        return dealt
    raters = max(-(-len(pages) * votes // _PAGES_A_RATER), _least_raters(pages, votes)[0])
    while (dealt := _attempts(pages, votes, raters, new_rng)) is None:
        raters = min(raters + raters // 4 + 1, len(pages) * votes)  # one page each always works
    return dealt


def _check_feasible(pages: Sequence[DealtPage], votes: int, raters: int) -> None:
    least, why = _least_raters(pages, votes)
    if raters < least:
        raise UsageError(f"{raters} raters are too few: {why}, so at least {least} raters are needed")


def _least_raters(pages: Sequence[DealtPage], votes: int) -> tuple[int, str]:
    """A number of raters below which no deal exists, and the constraint behind it."""
    meetings = Counter(token for page in pages for token in page.once)
    token, count = max(meetings.items(), key=lambda pair: (pair[1], pair[0]))
    if count == 1:
        return votes, f"each clip gets {votes} votes, from different raters"
    what = f"the clip {token[-1]}" if token[0] == "clip" else f"the source {token[-1]} in the task {token[0]}"
    return count * votes, f"no rater meets {what} twice, which stands on {count} pages of {votes} votes"


def _attempts(
    pages: Sequence[DealtPage], votes: int, raters: int, new_rng: Callable[[int], np.random.Generator]
) -> list[list[str]] | None:
    for attempt in range(_ATTEMPTS):
        dealt = _Deal(pages, votes, raters, new_rng(attempt)).dealt()
        if dealt is not None:
            return dealt
    return None


class _Deal:
    """One attempt. What may be met once is held as bits of an integer: pages clash where they share a bit."""

    def __init__(self, pages: Sequence[DealtPage], votes: int, raters: int, rng: np.random.Generator) -> None:
        bits = {token: 1 << place for place, token in enumerate(sorted({t for page in pages for t in page.once}))}
        self._pages = pages
        self._bits = [sum(bits[token] for token in page.once) for page in pages]
        self._votes = votes
        self._most = -(-len(pages) * votes // raters)  # pages a rater
        self._rng = rng
        self._order: list[int] = rng.permutation(len(pages)).tolist()
        self._lists: list[set[int]] = [set() for _ in range(raters)]
        self._met = [0] * raters  # bits

    def dealt(self) -> list[list[str]] | None:
        for page in self._order:
            # Chance breaks ties, or the same raters would share page after page.
            order = sorted(self._rng.permutation(len(self._lists)).tolist(), key=lambda rater: len(self._lists[rater]))
            free = [rater for rater in order if self._takes(rater, page)][: self._votes]
            for rater in free:
                self._put(page, rater)
            if any(not self._make_room(page, order) for _ in range(self._votes - len(free))):
                return None
        return (
            [[self._pages[page].page_id for page in sorted(pages)] for pages in self._lists] if self._level() else None
        )

    def _takes(self, rater: int, page: int) -> bool:
        return len(self._lists[rater]) < self._most and not self._met[rater] & self._bits[page]

    def _make_room(self, page: int, order: Sequence[int]) -> bool:
        """Moves one page from a rater, who then can take `page`, to a rater who has room."""
        for rater in order:
            if page in self._lists[rater]:
                continue
            clashing = [one for one in self._lists[rater] if self._bits[one] & self._bits[page]]
            full = len(self._lists[rater]) >= self._most
            if len(clashing) > 1:
                continue
            for moved in clashing or (sorted(self._lists[rater]) if full else []):
                for goal in order:
                    if goal != rater and self._takes(goal, moved):
                        self._move(moved, rater, goal)
                        self._put(page, rater)
                        return True
        return False

    def _level(self) -> bool:
        """Moves pages from the longest lists to the shortest until they differ by one at most; whether that worked."""
        while True:
            order = sorted(range(len(self._lists)), key=lambda rater: len(self._lists[rater]))
            longest = len(self._lists[order[-1]])
            if longest - len(self._lists[order[0]]) <= 1:
                return True
            if not self._move_any(order, longest):
                return False

    def _move_any(self, order: Sequence[int], longest: int) -> bool:
        for rater in reversed(order):
            if len(self._lists[rater]) < longest:
                return False
            for goal in order:
                if len(self._lists[goal]) > longest - 2:
                    break
                for page in sorted(self._lists[rater]):
                    if not self._met[goal] & self._bits[page]:
                        self._move(page, rater, goal)
                        return True
        return False

    def _move(self, page: int, rater: int, goal: int) -> None:
        self._lists[rater].remove(page)
        self._met[rater] &= ~self._bits[page]
        self._put(page, goal)

    def _put(self, page: int, rater: int) -> None:
        self._lists[rater].add(page)
        self._met[rater] |= self._bits[page]
