"""`prepare`: from a source to a clip set on disk. Killed at any moment, the same call goes on where it was."""

import hashlib
import json
import logging
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from avbench.clipset import Failure, open_clipset
from avbench.clipset.layout import MANIFEST, WORK
from avbench.clipset.shards import ShardClipSet
from avbench.clipset.write import SHARD_BYTES, ShardWriter
from avbench.errors import DataError, MachineError, TooManyFailuresError, UsageError
from avbench.progress import Progress, silent
from avbench.workspace import lock, machine_errors, sha256_file
from pipelines.bench import BenchItem, make_item, read_item
from pipelines.engine import Engine
from pipelines.source import Harvest
from pipelines.storage import Storage, versions
from pipelines.workers import run_all

logger = logging.getLogger(__name__)

_ADVICE = "choose another --name or --out, or remove that folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A finished clip set, in numbers."""

    path: Path
    clips: int
    items: int
    failures: tuple[Failure, ...]
    splits: Mapping[str, int]  # clips
    tails: int  # items whose end was too short for a clip
    damaged: int  # clips that could not be decoded, of items that gave others
    finished_before: bool  # nothing was to do

    def check(self, max_failures: float) -> None:
        """Complain if more than the share `max_failures` of the items failed.

        Raises:
            TooManyFailuresError: they did.
        """
        if len(self.failures) > max_failures * self.items:
            raise TooManyFailuresError(
                f"{self.path}: {len(self.failures)} of {self.items} items failed, more than --max-failures "
                f"{max_failures:g} allows; the set is complete without them, failures.csv says why"
            )


def prepare(
    harvest: Harvest,
    out: Path,
    *,
    name: str,
    storage: Storage,
    workers: int = 0,
    engine: Engine | None = None,
    settled: Callable[[Mapping[str, BenchItem]], None] | None = None,
    shard_bytes: int = SHARD_BYTES,
    progress: Progress = silent,
) -> Prepared:
    """Write the clip set of `harvest` into the folder `out`, which needs twice the set's size while this runs.

    The same harvest and storage give the same bytes, whatever the number of workers, and however often it was killed.

    Args:
        workers: processes that encode; 0 for one per core.
        engine: encodes in their place; inside its `with` statement.
        settled: told what became of each item, by key, before the set is gathered.

    Raises:
        UsageError: `out` holds something else, or a set made in another way.
        DataError: no item gave a clip.
        MachineError: the disk is full, `out` cannot be written, or another process is at it.
    """
    made = _made(harvest, storage)
    refuse_out(out, harvest.untouched)
    with lock(out):
        if _is_finished(out, made):
            _clear(out, finished=True)
            return _summary(out, finished_before=True)
        _clear(out, finished=False)
        by_key = _encode_items(harvest, out / WORK, storage, workers, engine, progress)
        if settled is not None:
            settled(by_key)
        results = list(by_key.values())
        _gather(
            harvest, results, out, name=name, storage=storage, made=made, shard_bytes=shard_bytes, progress=progress
        )
        shutil.rmtree(out / WORK)
        return _summary(out, finished_before=False)


def _made(harvest: Harvest, storage: Storage) -> dict[str, Any]:
    """How the set is made: what tells whether a finished set is the one that is asked for."""
    items = sorted([item.key, item.split, item.source, item.identity] for item in harvest.items)
    failed = sorted(failure.item for failure in harvest.failures)
    return {
        "source": harvest.source,
        "origin": harvest.origin,
        "settings": storage.as_dict(),
        "items_sha256": hashlib.sha256(json.dumps([items, failed]).encode()).hexdigest(),
        "unmatched": {kind: len(names) for kind, names in harvest.unmatched.items()},
        **harvest.provenance,
        "versions": versions(),
    }


def refuse_out(out: Path, untouched: Path | None) -> None:
    """
    Raises:
        UsageError: `out` holds something that avbench did not make, or lies among the user's own videos.
        MachineError: a file stands there.
    """
    if untouched is not None and out.resolve().is_relative_to(untouched.resolve()):
        raise UsageError(f"{out}: nothing is ever written among your own files in {untouched}; choose another --out")
    if not out.exists():
        return
    if not out.is_dir():
        raise MachineError(f"{out}: a file stands where a folder is needed; choose another with --out")
    with machine_errors(out):
        names = {path.name for path in out.iterdir()} - {".lock"}
    if names and not names & {MANIFEST, WORK}:
        raise UsageError(f"{out}: the folder is not empty and holds no clip set; choose another with --out or --name")


def _is_finished(out: Path, made: Mapping[str, Any]) -> bool:
    """Whether the set that is asked for is there, whole.

    Raises:
        UsageError: there is another one.
    """
    if not (out / MANIFEST).exists():
        return False
    try:
        clipset = ShardClipSet(out)
        there = clipset.manifest["made"]
        whole = all(sha256_file(out / name) == shard["sha256"] for name, shard in clipset.shards.items())
    except DataError as error:
        logger.warning("%s; preparing it again", error)
        return False
    refuse_other_set(out, there, made["source"], made["settings"])
    if there["items_sha256"] != made["items_sha256"]:
        raise UsageError(f"{out}: there is a clip set made from other items than {made['origin']} has now; {_ADVICE}")
    if not whole:
        logger.warning("%s: a shard is damaged; preparing it again", out)
    return whole


def refuse_other_set(out: Path, there: Mapping[str, Any], source: str, settings: Mapping[str, Any]) -> None:
    """
    Args:
        there: how the set in `out` was made, as its manifest says.

    Raises:
        UsageError: it was made from another source, or with other settings.
    """
    if there["source"] != source:
        raise UsageError(f"{out}: there is a clip set from another source, {there['source']}; {_ADVICE}")
    was = there["settings"]
    changes = ", ".join(
        f"{key} {was.get(key)} there, {settings[key]} here" for key in settings if settings[key] != was.get(key)
    )
    if changes:
        raise UsageError(f"{out}: there is a clip set made with other settings ({changes}); {_ADVICE}")


def _clear(out: Path, *, finished: bool) -> None:
    """Remove what killed runs left behind: all but the items on the bench, and these too when the set is finished."""
    with machine_errors(out):
        for unfinished in (*out.glob(".*.tmp"), *(() if finished else out.glob("*.tar"))):
            unfinished.unlink()
        if finished:
            shutil.rmtree(out / WORK, ignore_errors=True)
            return
        (out / MANIFEST).unlink(missing_ok=True)
        (out / WORK).mkdir(exist_ok=True)
        for folder in (out / WORK).glob("*.tmp"):
            shutil.rmtree(folder)


def _encode_items(
    harvest: Harvest, bench: Path, storage: Storage, workers: int, engine: Engine | None, progress: Progress
) -> dict[str, BenchItem]:
    missing = [item for item in harvest.items if read_item(item, storage, bench) is None]
    before = len(harvest.items) - len(missing)
    if before:
        logger.info("%d of %d items were done before", before, len(harvest.items))
    work = partial(make_item, storage=storage, bench=bench)

    def done(count: int) -> None:
        progress("encoding", before + count, len(harvest.items))

    if engine is None:
        run_all(work, missing, workers=workers, done=done)
    else:
        engine.run_all(work, missing, done=done)
    results = {item.key: read_item(item, storage, bench) for item in harvest.items}
    return {key: result for key, result in results.items() if result is not None}


def _gather(
    harvest: Harvest,
    results: list[BenchItem],
    out: Path,
    *,
    name: str,
    storage: Storage,
    made: dict[str, Any],
    shard_bytes: int,
    progress: Progress,
) -> None:
    """Gather the bench's clips into shards, in the order of their keys."""
    clips = [clip for result in results for clip in result.clips]
    failures = [*harvest.failures, *(result.failure for result in results if result.failure is not None)]
    items = len(harvest.items) + len(harvest.failures)
    if not clips:
        shutil.rmtree(out / WORK)
        reasons = ", ".join(f"{count} {reason}" for reason, count in Counter(f.reason for f in failures).most_common())
        raise DataError(
            f"{harvest.origin}: none of its {items} items gave a clip ({reasons}); the first: {failures[0].message}"
        )
    dropped = {
        "tails": sum(result.tail > 0 for result in results),
        "tail_seconds": float(sum(result.tail for result in results)),
        "damaged_clips": sum(result.damaged for result in results),
    }
    with ShardWriter(out, shard_bytes=shard_bytes) as writer:
        for count, clip in enumerate(sorted(clips, key=lambda clip: (clip.record.split, clip.record.key)), start=1):
            writer.add(clip.load())
            progress("writing shards", count, len(clips))
        writer.finish(
            name=name,
            items=items,
            used=sum(bool(result.clips) for result in results),
            failures=failures,
            fit=storage.fit,
            channel=storage.channel,
            made=made | {"dropped": dropped},
        )


def _summary(out: Path, *, finished_before: bool) -> Prepared:
    clipset = open_clipset(out)
    assert isinstance(clipset, ShardClipSet)
    manifest = clipset.manifest
    return Prepared(
        path=out,
        clips=len(clipset),
        items=manifest["items"],
        failures=clipset.failures,
        splits={split: sum(shard["clips"] for shard in shards) for split, shards in manifest["splits"].items()},
        tails=manifest["made"]["dropped"]["tails"],
        damaged=manifest["made"]["dropped"]["damaged_clips"],
        finished_before=finished_before,
    )
