"""How a download may behave: size, speed, silence."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pipelines.web.download.classify import RefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a single download may cost."""

    max_bytes: int | None = None
    least_speed: float = 2_000.0  # bytes a second, on the average of `patience`; a phone call has more
    patience: float = 60.0  # seconds
    silence: float = 30.0  # seconds without any byte before the connection counts as broken


class Pace:
    """Told the bytes there are, ends a download that is too large or trickles.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()  # (when, bytes): one older than `patience`, and what came since

    def __call__(self, done: int, total: int) -> None:
        """
        Args:
            done: bytes there are.
            total: bytes wanted; `done` where that is not known.

        Raises:
            RefusedError: too_large or slow.
        """
        limits, now = self._limits, self._clock()
        if limits.max_bytes is not None and total > limits.max_bytes:
            raise RefusedError("too_large", f"it has {total:,} bytes; {limits.max_bytes:,} are allowed")
        if self._seen and done < self._seen[-1][1]:  # the next of several files, or a new beginning
            self._seen.clear()
        self._seen.append((now, done))
        while len(self._seen) > 1 and now - self._seen[1][0] >= limits.patience:
            self._seen.popleft()
        before, had = self._seen[0]
        if now - before >= limits.patience and done - had < limits.least_speed * (now - before):
            speed = (done - had) / (now - before)
            raise RefusedError("slow", f"only {speed:,.0f} bytes a second came for {now - before:.0f} s")
