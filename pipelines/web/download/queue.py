"""Which video is tried next, and when: pauses, further attempts, and the end of it all where going on would do harm.

Knows neither clocks nor connections: it is told what happened when.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from avbench.errors import MissingError
from pipelines.web.download.classify import RefusedError, Then
from pipelines.web.download.video import Video


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How a run of downloads behaves towards the sites. Times in seconds."""

    between: float = 1.0  # the begins of two downloads
    attempts: int = 4  # at a video, in one run
    first_pause: float = 2.0  # before a second attempt at a video; doubled after each further one
    limited_pause: float = 60.0  # of all, when the site says that it has had enough; doubled when it says so again
    longest_pause: float = 900.0  # of all; a site that wants more ends the run
    limits: int = 5  # times in a row that it says so, until the run ends
    unreachable: int = 5  # attempts in a row without any connection, until the network counts as missing


class DownloadQueue:
    """The videos that are still to come, in their order; those that are to be tried again come behind the others.

    A video is in the queue until it has arrived or was given up.
    """

    def __init__(self, videos: Iterable[Video], patience: Patience) -> None:
        self._patience = patience
        self._waiting = [(0.0, number, video) for number, video in enumerate(videos)]  # (not before, order, video)
        self._order = {video.name: number for _, number, video in self._waiting}
        self._attempts: dict[str, int] = {}
        self._next_begin = 0.0
        self._limits_in_a_row = 0
        self._unreachable_in_a_row = 0
        self._reached = False  # whether any server ever answered
        self.stopped: str | None = None  # why nothing more is tried

    def __len__(self) -> int:
        """How many videos wait for an attempt; after a stop, how many are left."""
        return len(self._waiting)

    def next(self, now: float) -> Video | None:
        """The video to try at `now`, if there is one."""
        if self.seconds_until_next(now) != 0:
            return None
        _, _, video = heapq.heappop(self._waiting)
        self._attempts[video.name] = self._attempts.get(video.name, 0) + 1
        self._next_begin = now + self._patience.between
        return video

    def seconds_until_next(self, now: float) -> float | None:
        """0 where `next` has a video; None where it will not have one before something else happens."""
        if self.stopped is not None or not self._waiting:
            return None
        return max(0.0, self._waiting[0][0] - now, self._next_begin - now)

    def arrived(self) -> None:
        """A video is there."""
        self._reached = True
        self._limits_in_a_row = self._unreachable_in_a_row = 0

    def refused(self, video: Video, refused: RefusedError, now: float) -> bool:
        """An attempt at `video` failed; whether it is given up."""
        self._unreachable_in_a_row = self._unreachable_in_a_row + 1 if refused.reason == "unreachable" else 0
        self._reached |= refused.reason != "unreachable"
        self._limits_in_a_row = self._limits_in_a_row + 1 if refused.then is Then.ALL_WAIT else 0
        used_up = self._attempts[video.name] >= self._patience.attempts
        if refused.then is Then.STOP:
            self.stopped = (
                f"the site wants to know whether this is a bot ({refused.message}); hours of rest help, fewer requests "
                "(a longer patience.between), or --cookies of a browser that it knows"
            )
        elif refused.then is Then.ALL_WAIT:
            self._pause_all(refused, now)
        elif self._unreachable_in_a_row >= self._patience.unreachable or (used_up and not self._reached):
            self.stopped = f"there is no connection ({refused.message})"
        elif used_up or refused.then is Then.GIVE_UP:
            return True
        self._put_back(video, refused, now)
        return False

    def check(self) -> None:
        """
        Raises:
            MissingError: the queue was stopped.
        """
        if self.stopped is not None:
            raise MissingError(self.stopped)

    def _pause_all(self, refused: RefusedError, now: float) -> None:
        pause = self._patience.limited_pause * 2 ** (self._limits_in_a_row - 1)
        if refused.retry_after is not None:
            pause = max(refused.retry_after, self._patience.between)
        if pause > self._patience.longest_pause or self._limits_in_a_row >= self._patience.limits:
            self.stopped = f"the site has had enough for now and wants a pause of {pause:.0f} s ({refused.message})"
        self._next_begin = max(self._next_begin, now + pause)

    def _put_back(self, video: Video, refused: RefusedError, now: float) -> None:
        pause = self._patience.first_pause * 2 ** (self._attempts[video.name] - 1)
        not_before = now + (refused.retry_after or pause)
        heapq.heappush(self._waiting, (not_before, self._order[video.name], video))
