"""From a list to a clip set: fetched, screened, encoded, gathered. Killed at any moment, the same call goes on."""

import logging
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from avbench.clipset.layout import MANIFEST, WORK, read_manifest
from avbench.clipset.shards import ShardClipSet
from avbench.errors import UsageError
from avbench.progress import Progress, silent
from avbench.workspace import atomic_write
from pipelines.bench import BenchItem, is_made
from pipelines.copies import Copy
from pipelines.engine import Engine
from pipelines.prepare import Prepared, prepare, refuse_other_set, refuse_out
from pipelines.screen import ScreenConfig
from pipelines.source import Harvest
from pipelines.statistics import STATISTICS, dataset_statistics
from pipelines.storage import Storage
from pipelines.web.fetch import FetchOptions, fetch
from pipelines.web.harvest import FileStretch, encode_file, harvest_files
from pipelines.web.item import Listing
from pipelines.web.ledger import LEDGER, Ledger
from pipelines.web.reopen import note_encoded

logger = logging.getLogger(__name__)


def prepare_listing(
    listing: Listing,
    out: Path,
    *,
    name: str,
    storage: Storage,
    engine: Engine,
    fetching: FetchOptions,
    screening: ScreenConfig | None,
    copy: Copy | None = None,
    provenance: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> Prepared:
    """Write the clip set of `listing` into the folder `out`, with its ledger and `dataset_statistics.csv`.

    Args:
        engine: inside its `with` statement.
        screening: None lets every item pass.
        copy: where the videos lie already; none is downloaded then.
        provenance: what else stands in `clipset.json`.

    Raises:
        UsageError: `out` holds something else, or a set made in another way.
        MissingError: there is no connection, or a site wants no more requests. What is there is kept.
        DataError: no item gave a clip.
        MachineError: the disk is full, `out` cannot be written, or another process is at it.
    """
    untouched = copy.folder if copy is not None else None
    refuse_out(out, untouched)
    rules = {"screening": None if screening is None else dict(screening.as_dict())}
    if (out / MANIFEST).exists():
        there = read_manifest(out)["made"]
        refuse_other_set(out, there, listing.source, storage.as_dict())
        _refuse_other_rules(out, there.get("screening"), rules["screening"])
    made = {**rules, **(provenance or {})}
    harvest = _harvest(listing, out, storage, engine, fetching, screening, copy, made, progress)

    def settled(results: Mapping[str, BenchItem]) -> None:
        with Ledger(out / LEDGER) as ledger:
            note_encoded(ledger, harvest, storage, results)
            ledger.encoded(result.failure for result in results.values() if result.failure is not None)
            ledger.export()

    prepared = prepare(harvest, out, name=name, storage=storage, engine=engine, settled=settled, progress=progress)
    statistics = dataset_statistics(ShardClipSet(out))
    atomic_write(out / STATISTICS, statistics.to_csv(index=False, lineterminator="\n"))
    return prepared


def _harvest(
    listing: Listing,
    out: Path,
    storage: Storage,
    engine: Engine,
    fetching: FetchOptions,
    screening: ScreenConfig | None,
    copy: Copy | None,
    provenance: Mapping[str, Any],
    progress: Progress,
) -> Harvest:
    while True:
        fetched = fetch(
            listing,
            out,
            options=fetching,
            screening=screening,
            engine=engine,
            encode=partial(encode_file, crop=listing.crop, storage=storage, bench=out / WORK),
            files=copy.files if copy is not None else None,
            progress=progress,
        )
        harvest = harvest_files(
            listing,
            fetched.files,
            [*(copy.failures if copy is not None else ()), *fetched.failures],
            untouched=copy.folder if copy is not None else None,
            provenance=provenance,
        )
        lost = _lost(harvest, out, storage)
        if not lost:
            return harvest
        # Encoded once, for a list that called them otherwise or with other settings: they must be fetched again.
        logger.warning("%d items must be encoded anew, and what they were fetched as is gone", len(lost))
        with Ledger(out / LEDGER) as ledger:
            ledger.wait("download", lost)


def _refuse_other_rules(out: Path, was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> None:
    """
    Raises:
        UsageError: the finished set was screened by other rules, and what they were applied to is gone.
    """
    if was == now:
        return
    before, after = was or {}, now or {}
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    changes = ", ".join(f"{name} {before.get(name)} there, {after.get(name)} here" for name in names)
    raise UsageError(
        f"{out}: there is a clip set screened by other rules ({changes}); choose another --name or --out, or remove "
        f"its {MANIFEST} to have it fetched and screened again"
    )


def _lost(harvest: Harvest, out: Path, storage: Storage) -> list[str]:
    """Items that must be encoded and have no file."""
    if (out / MANIFEST).exists():
        return []
    return [
        item.key
        for item in harvest.items
        if isinstance(item, FileStretch) and not item.file.is_file() and not is_made(item, storage, out / WORK)
    ]
