"""Selecting by quality before anything is downloaded: videos are drawn, their pages asked, until there are enough.

What pages said is kept in the set's folder, line by line: an interrupted selection goes on, and other thresholds ask
nobody again.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from avbench.clipset.layout import WORK
from avbench.errors import UsageError
from avbench.progress import Progress, silent
from avbench.workspace import lock, machine_errors
from pipelines.web.download.classify import RefusedError
from pipelines.web.download.queue import DownloadQueue, Patience
from pipelines.web.download.video import Video
from pipelines.web.draw import keep, shuffled
from pipelines.web.item import Listing, WebItem

ASKED = "selection.jsonl"  # what pages said

ReadFacts = Callable[[WebItem], Mapping[str, Any]]  # what an item's page says of its video; raises RefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What a video must be. MM-Diffusion names no thresholds for its 20,000 of AudioSet; these are ours.

    Raises:
        UsageError: a threshold is negative.
    """

    min_height: int = 720  # pixels of the shorter side
    min_fps: Fraction = Fraction(24)

    def __post_init__(self) -> None:
        if self.min_height < 0 or self.min_fps < 0:
            raise UsageError(f"--min-height {self.min_height} and --min-fps {self.min_fps}: neither can be negative")

    def complaint(self, item: WebItem, facts: Mapping[str, Any]) -> str:
        """Why the video that `facts` tell of is not taken, as a class that can be counted; "" where it is."""
        height, fps, seconds = facts.get("height"), facts.get("fps"), facts.get("duration")
        if height is None or fps is None:
            return "unknown_quality"
        if min(height, facts.get("width") or height) < self.min_height:
            return "low_resolution"
        # NTSC's 23.976 (24000/1001, rounded by whoever said so) counts as 24, and 29.97 as 30.
        if round(fps * 1.001, 2) < self.min_fps:
            return "low_fps"
        if facts.get("acodec") == "none":
            return "no_sound"
        if seconds is not None and seconds <= (item.start or 0):
            return "too_short"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was selected, and of how many."""

    listing: Listing
    quality: Quality
    limit: int | None
    seen: int
    reasons: Mapping[str, int] = field(default_factory=dict)  # of those that were seen and not taken

    def provenance(self) -> dict[str, Any]:
        """For `clipset.json`."""
        return {
            "by": "quality",
            "min_height": self.quality.min_height,
            "min_fps": str(self.quality.min_fps),
            "limit": self.limit,
            "seen": self.seen,
            "kept": len(self.listing.items),
            "reasons": dict(sorted(self.reasons.items())),
        }


def select(
    listing: Listing,
    out: Path,
    *,
    quality: Quality,
    limit: int | None,
    seed: int,
    read: ReadFacts,
    forget: str | None = None,
    patience: Patience | None = None,
    progress: Progress = silent,
    sleep: Callable[[float], None] = time.sleep,
) -> Selection:
    """The first `limit` items, in the order that `seed` draws, whose videos are good enough; fewer where there are no
    more, all for None. As long as the pages say the same, the same list, quality, limit and seed give the same items.

    Args:
        out: the folder of the clip set, where `selection.jsonl` is kept.
        forget: the reason of refusals after which a page is asked again; "all" of them, or none.
        patience: with sites that refuse for a while.

    Raises:
        MissingError: there is no connection, or a site wants no more requests. What was asked is kept.
        MachineError: the disk is full or `out` cannot be written.
    """
    kept: list[int] = []  # places in the list
    reasons: Counter[str] = Counter()
    with lock(out):
        with machine_errors(out):
            (out / WORK).mkdir(exist_ok=True)  # tells the next stage that the folder is ours
        pages = _Pages(out / ASKED, forget, read, patience or Patience(), sleep)
        for place in shuffled(listing, seed):
            if len(kept) == limit:
                break
            item = listing.items[place]
            answer = pages.ask(item)
            reason = answer["reason"] if "reason" in answer else quality.complaint(item, answer)
            if reason:
                reasons[reason] += 1
            else:
                kept.append(int(place))
            progress("selecting", len(kept), limit or len(listing.items))
    return Selection(
        listing=keep(listing, kept, seed),
        quality=quality,
        limit=limit,
        seen=len(kept) + reasons.total(),
        reasons=reasons,
    )


class _Pages:
    """What pages said, asked once."""

    def __init__(
        self,
        file: Path,
        forget: str | None,
        read: ReadFacts,
        patience: Patience,
        sleep: Callable[[float], None],
    ) -> None:
        self._file = file
        self._read = read
        self._patience = patience
        self._sleep = sleep
        self._asked_before = False
        if file.is_file() and not file.read_bytes().endswith(b"\n"):  # a process was killed within a line
            with machine_errors(file), file.open("a") as unfinished:
                unfinished.write("\n")
        self._answers = {
            video: answer
            for video, answer in _read_answers(file).items()
            if "reason" not in answer or forget not in ("all", answer["reason"])
        }

    def ask(self, item: WebItem) -> Mapping[str, Any]:
        """The facts of the item's video; or `reason` and `message`, where the page was refused for good."""
        if item.video not in self._answers:
            if self._asked_before:
                self._sleep(self._patience.between)
            self._asked_before = True
            answer = self._ask_page(item)
            with machine_errors(self._file), self._file.open("a") as file:
                file.write(json.dumps({"video": item.video, **answer}) + "\n")
            self._answers[item.video] = answer
        return self._answers[item.video]

    def _ask_page(self, item: WebItem) -> dict[str, Any]:
        """One page after the other, each until it has said yes or no: so that what is kept does not depend on time."""
        video = Video(name=item.video, url=item.url, via=item.via)
        queue = DownloadQueue([video], self._patience)
        now = 0.0
        while (pause := queue.seconds_until_next(now)) is not None:
            self._sleep(pause)
            now += pause
            queue.next(now)
            try:
                return dict(self._read(item))
            except RefusedError as refused:
                if queue.refused(video, refused, now):
                    return {"reason": refused.reason, "message": refused.message}
        queue.check()
        raise AssertionError("the queue ends with an answer, or is stopped")


def _read_answers(file: Path) -> dict[str, dict[str, Any]]:
    """What was asked before; what is no line of ours is passed over."""
    answers = {}
    for line in file.read_text().splitlines() if file.is_file() else ():
        try:
            answer = json.loads(line)
        except ValueError:
            continue
        answers[answer.pop("video")] = answer
    return answers
