"""From a list to files on this disk that passed screening. Stopped at any moment, the same call goes on where it was.

download ─▶ screen (and encode), as generators over what a worker does with one video or one item. This process writes
the ledger, alone, so that whatever becomes of the workers, nothing is counted twice or lost.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from avbench.clipset import Failure
from avbench.clipset.layout import MANIFEST, WORK
from avbench.errors import MissingError, UsageError
from avbench.progress import Progress, silent
from avbench.workspace import lock, machine_errors
from pipelines.engine import Engine, WorkerDiedError
from pipelines.screen import ScreenConfig, Screened, screen, screen_copies
from pipelines.web.download.pace import Limits
from pipelines.web.download.queue import DownloadQueue, Patience
from pipelines.web.download.stage import Attempt, download_videos
from pipelines.web.download.video import Downloaded, Video, download
from pipelines.web.download.youtube import PageOptions
from pipelines.web.item import Listing, WebItem
from pipelines.web.ledger import LEDGER, Changes, Ledger, Row
from pipelines.web.reopen import take_apart
from pipelines.workers import time_limit

logger = logging.getLogger(__name__)

Encode = Callable[[WebItem, Path], None]

_LONGEST = 3600.0  # seconds that an item may take before it counts as one that brings processes down

DOWNLOADS = "downloads"  # in the set's folder where they are kept, else in its WORK


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOptions:
    """How videos are fetched. Nothing of it decides what a set holds, but for chance and the sites' moods."""

    parallel: int = 2  # downloads at a time
    patience: Patience = field(default_factory=Patience)
    limits: Limits = field(default_factory=Limits)
    page: PageOptions = field(default_factory=PageOptions)
    keep_downloads: bool = False  # when the set is finished, so that it can be made again in another way
    discard: bool = False  # each as soon as its items are encoded: for sets whose downloads the disk does not hold
    retry_failed: str | None = None  # the reason of the failures that are tried again; "all"

    def __post_init__(self) -> None:
        if self.keep_downloads and self.discard:
            raise UsageError("downloads are to be kept and discarded; say one of both")
        if self.parallel < 1:
            raise UsageError(f"{self.parallel} downloads at a time: at least one is needed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What there is of a list: every item has a file or a failure."""

    files: Mapping[str, Path]  # by key; the file of an item that is in the finished set may be gone
    failures: tuple[Failure, ...]
    facts: Mapping[str, Mapping[str, Any]]  # what screening found, of items that failed at it, too
    changes: Changes  # of the list since the last time


def fetch(
    listing: Listing,
    out: Path,
    *,
    options: FetchOptions,
    screening: ScreenConfig | None,
    engine: Engine,
    encode: Encode | None = None,
    files: Mapping[str, Path] | None = None,
    progress: Progress = silent,
) -> Fetched:
    """Fetch and screen all items of `listing` into the folder `out` of their clip set.

    Args:
        screening: None lets every item pass.
        engine: inside its `with` statement.
        encode: called on each item that passed, and its file, while others are on their way; puts its clips on the
            bench. It can be pickled.
        files: videos that are on this disk already, by name.

    Raises:
        MissingError: there is no connection, or a site wants no more requests for now. What is there is kept.
        MachineError: the disk is full, `out` cannot be written, or another process is at it.
        UsageError: `out` holds something else.
    """
    with lock(out):
        with machine_errors(out):
            (out / WORK).mkdir(exist_ok=True)  # tells whoever goes on after a kill that the folder is ours
        with Ledger(out / LEDGER) as ledger:
            run = _Fetch(listing, out, options, screening, engine, encode, files or {}, progress, ledger)
            changes = run.prepare()
            try:
                run.work()
            finally:
                ledger.export()
            return run.result(changes)


def downloads_folder(out: Path, *, keep: bool) -> Path:
    """Where the downloads of the set in `out` lie."""
    return out / DOWNLOADS if keep else out / WORK / f".{DOWNLOADS}"  # no item's key begins with a dot


class _Fetch:
    def __init__(
        self,
        listing: Listing,
        out: Path,
        options: FetchOptions,
        screening: ScreenConfig | None,
        engine: Engine,
        encode: Encode | None,
        files: Mapping[str, Path],
        progress: Progress,
        ledger: Ledger,
    ) -> None:
        self._items = {item.key: item for item in listing.items}
        self._listing = listing
        self._out = out
        self._options = options
        self._screening = screening
        self._engine = engine
        self._encode = encode
        self._unsettled: Counter[str] = Counter()  # items that are still to be screened, by video
        self._files = files
        self._progress = progress
        self._ledger = ledger
        self._folder = downloads_folder(out, keep=options.keep_downloads)

    def prepare(self) -> Changes:
        """Bring the ledger up to what is asked for, and to what lies on the disk."""
        changes = self._ledger.adopt(self._listing)
        if changes:
            logger.warning("%s: the list changed since the last time: %s", self._out, changes)
        rules = json.dumps(None if self._screening is None else self._screening.as_dict(), sort_keys=True)
        if self._ledger.note("screening", rules) != rules:
            logger.warning("%s: other rules than the last time; screening again", self._out)
            self._ledger.screen_again()
            self._ledger.replace_note("screening", rules)
        if self._options.retry_failed is not None:
            reason = None if self._options.retry_failed == "all" else self._options.retry_failed
            logger.info("%d failed items are tried again", self._ledger.retry(reason))
        finished = (self._out / MANIFEST).exists()
        gone = [
            row.key
            for row in self._ledger.rows()
            if row.state == "done" and not self._is_encoded(row, finished) and not self._file_of(row).is_file()
        ]
        self._ledger.wait("download", gone)
        with machine_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        return changes

    def work(self) -> None:
        """Fetch and screen what is not there yet.

        Raises:
            MissingError: the sites or the network do not allow it for now.
        """
        rows = [row for row in self._ledger.rows() if row.stage == "download" and row.state in ("waiting", "done")]
        if rows:
            self._engine.check_folder(self._out)
        self._take_files_at_hand([row for row in rows if row.state == "waiting" and row.video in self._files])
        queue = DownloadQueue(self._missing_videos(rows), self._options.patience)
        self._unsettled = Counter(row.video for row in rows)
        self._screen(self._arriving(queue))
        self._reject_copies()
        self._explain_stop(queue)

    def result(self, changes: Changes) -> Fetched:
        """
        Raises:
            UsageError: the finished set would have to be made again, and was made by other versions.
            DataError: it would have to, and is damaged.
        """
        rows = self._ledger.rows()
        self._reopen_set(rows, changes)
        return Fetched(
            files={row.key: self._file_of(row) for row in rows if row.state == "done" or row.stage == "encode"},
            failures=tuple(failure for failure in self._ledger.failures() if failure.stage != "encode"),
            facts={row.key: row.facts for row in rows if row.facts},
            changes=changes,
        )

    def _missing_videos(self, rows: Iterable[Row]) -> list[Video]:
        """The videos to download. Those that were tried less come first, so that none holds up the others."""
        waiting: dict[str, Row] = {}
        for row in rows:
            if row.state == "waiting" and row.video not in self._files:
                waiting.setdefault(row.video, row)
        first = [self._items[row.key] for row in sorted(waiting.values(), key=lambda row: row.attempts)]
        return [Video(name=item.video, url=item.url, via=item.via) for item in first]

    def _take_files_at_hand(self, rows: Iterable[Row]) -> None:
        for row in rows:
            file = self._files[row.video].resolve()
            size = file.stat().st_size
            self._ledger.finish_download([row.key], file=str(file), bytes=size, sha256="", seconds=0.0, page={})

    def _arriving(self, queue: DownloadQueue) -> Iterator["_Task"]:
        """What is to be screened: the items whose files are there, then those of each video that arrives."""
        waiting: dict[str, list[str]] = {}
        for row in self._ledger.rows():
            if row.stage == "download" and row.state == "done":
                yield self._task(row.key, self._file_of(row))
            elif row.stage == "download" and row.state == "waiting":
                waiting.setdefault(row.video, []).append(row.key)
        work = partial(download, folder=self._folder, limits=self._options.limits, page=self._options.page)
        settled, total = 0, len(queue)
        for attempt in download_videos(
            queue,
            partial(self._engine.submit, work, idle=True),
            parallel=self._options.parallel,
            begin=lambda video: self._ledger.begin("download", waiting[video.name]),
        ):
            keys = waiting[attempt.video.name]
            settled += attempt.last
            self._enter_attempt(attempt, keys)
            self._progress("downloading", settled, total)
            if isinstance(attempt.outcome, Downloaded):
                for key in keys:
                    yield self._task(key, attempt.outcome.file)

    def _enter_attempt(self, attempt: Attempt, keys: list[str]) -> None:
        outcome, url = attempt.outcome, attempt.video.url
        if isinstance(outcome, Downloaded):
            self._ledger.finish_download(
                keys,
                file=str(outcome.file.relative_to(self._out)),
                bytes=outcome.bytes,
                sha256=outcome.sha256,
                seconds=round(outcome.seconds, 3),
                page=outcome.facts,
            )
            return
        logger.info("%s: %s: %s", url, outcome.reason, outcome.message)
        if attempt.last:
            self._ledger.fail("download", keys, outcome.reason, f"{url}: {outcome.message}")
        else:
            self._ledger.wait("download", keys, outcome.reason, outcome.message)

    def _task(self, key: str, file: Path) -> "_Task":
        """An item that is about to be screened."""
        self._ledger.begin("screen", [key])
        return _Task(file, self._items[key], self._screening, self._encode)

    def _screen(self, tasks: Iterable["_Task"]) -> None:
        """Screen items while others are still on their way."""
        for count, (task, future) in enumerate(self._engine.map(_screen_one, tasks), start=1):
            key = task.item.key
            verdict = _verdict(key, future)
            if verdict.passed:
                self._ledger.finish("screen", [key], verdict.facts)
            else:
                self._ledger.fail("screen", [key], verdict.reason, verdict.message, verdict.facts)
            self._let_go(task)
            self._progress("screening", count, len(self._items))

    def _let_go(self, task: "_Task") -> None:
        """Discard a download of which nothing more is wanted."""
        self._unsettled[task.item.video] -= 1
        ours = task.file.is_relative_to(self._folder)
        if self._options.discard and self._encode is not None and ours and not self._unsettled[task.item.video]:
            task.file.unlink(missing_ok=True)

    def _reject_copies(self) -> None:
        """What another video shows, too, can be told only when all are there."""
        if self._screening is None or self._screening.copies:
            return
        rows = self._ledger.rows()
        copies = [row.key for row in rows if row.stage == "screen" and row.reason == "duplicate"]
        passed = {
            row.key: Screened(passed=True, facts=row.facts) for row in rows if row.state == "done" or row.key in copies
        }
        rejected = screen_copies(passed, {row.key: row.video for row in rows})
        self._ledger.finish("screen", [key for key in copies if key not in rejected])
        in_the_set = {row.key for row in rows if row.stage == "encode"}
        for key, verdict in rejected.items():
            if key not in in_the_set:
                self._ledger.fail("screen", [key], verdict.reason, verdict.message)

    def _explain_stop(self, queue: DownloadQueue) -> None:
        try:
            queue.check()
        except MissingError as error:
            states = Counter(row.state for row in self._ledger.rows())
            raise MissingError(
                f"{error}; {states['done']} of {states.total()} items are there, {states['failed']} failed, "
                f"{states['waiting']} are left: give the same command again later, and it goes on from here"
            ) from error

    def _reopen_set(self, rows: list[Row], changes: Changes) -> None:
        """Let a finished set be made again, if it is to hold other items now."""
        if not (self._out / MANIFEST).exists():
            return
        more = sum(row.state == "done" and row.stage != "encode" for row in rows)
        if not more and not changes:
            return
        logger.info("%s: the finished set is taken apart, to be made again with %d more items", self._out, more)
        take_apart(self._out, self._ledger, self._progress)

    def _is_encoded(self, row: Row, finished: bool) -> bool:
        """Whether the item's clips are in the finished set, or on the bench for the next one."""
        if row.stage == "encode" and finished:
            return True
        return row.stage != "download" and (self._out / WORK / row.key).is_dir()

    def _file_of(self, row: Row) -> Path:
        return self._out / (row.file or "-")


@dataclass(frozen=True, slots=True)
class _Task:
    file: Path
    item: WebItem
    rules: ScreenConfig | None
    encode: Encode | None


def _screen_one(task: _Task) -> Screened:
    with time_limit(_LONGEST):
        found = Screened(passed=True) if task.rules is None else screen(task.file, task.item, task.rules)
        if found.passed and task.encode is not None:
            task.encode(task.item, task.file)
    return found


def _verdict(key: str, future: "Future[Screened]") -> Screened:
    try:
        return future.result()
    except WorkerDiedError as error:
        return Screened(passed=False, reason="crashed", message=f"{key}: {error}")
