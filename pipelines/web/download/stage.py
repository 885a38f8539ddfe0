"""The stage that downloads: many videos at a time, in the order and at the pace of a queue."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass

from pipelines.engine import WorkerDiedError
from pipelines.web.download.classify import RefusedError
from pipelines.web.download.queue import DownloadQueue
from pipelines.web.download.video import Downloaded, Video

Outcome = Downloaded | RefusedError


@dataclass(frozen=True, slots=True)
class Attempt:
    """A finished attempt at a video."""

    video: Video
    outcome: Outcome
    last: bool  # it arrived, or is given up


def download_videos(
    queue: DownloadQueue,
    submit: Callable[[Video], Future[Outcome]],
    *,
    parallel: int,
    begin: Callable[[Video], None],
) -> Iterator[Attempt]:
    """Yields all attempts, as they end, until the queue is empty or stopped.

    Args:
        submit: begins an attempt.
        parallel: attempts at a time.
        begin: told a video before an attempt at it.
    """
    running: dict[Future[Outcome], Video] = {}
    while True:
        now = time.monotonic()
        while len(running) < parallel and (video := queue.next(now)) is not None:
            begin(video)
            running[submit(video)] = video
        pause = queue.seconds_until_next(now) if len(running) < parallel else None
        if running:
            ended, _ = wait(running, timeout=pause, return_when=FIRST_COMPLETED)
        elif pause is not None:
            time.sleep(pause)
            continue
        else:
            return
        for future in ended:
            yield _attempt(queue, running.pop(future), future)


def _attempt(queue: DownloadQueue, video: Video, ended: "Future[Outcome]") -> Attempt:
    try:
        outcome = ended.result()
    except WorkerDiedError as error:
        outcome = RefusedError("crashed", str(error))
    if isinstance(outcome, RefusedError):
        return Attempt(video, outcome, last=queue.refused(video, outcome, time.monotonic()))
    queue.arrived()
    return Attempt(video, outcome, last=True)
