"""The items of a list whose files are on this disk, as a harvest: from here on they are prepared like any others."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from avbench.clipset.records import ClipMedia, Failure
from avbench.clipset.timeline import shared_stretch
from avbench.errors import DataError
from avbench.media.probe import MediaInfo, probe
from avbench.workspace import sha256_file
from pipelines.bench import make_item, read_item
from pipelines.recording import open_recording
from pipelines.source import Harvest, Item, Recording
from pipelines.storage import Storage
from pipelines.web.item import Listing, WebItem


def harvest_files(
    listing: Listing,
    files: Mapping[str, Path],
    failures: Sequence[Failure],
    *,
    untouched: Path | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Harvest:
    """The harvest of `listing`: every item has a file or a failure.

    Args:
        files: by key of the item. A file that was encoded before need not exist any more.
        failures: of the items that have none, named by their keys, and of what is no item at all.
        untouched: the user's own folder that the files are from.
        provenance: what else stands in `clipset.json`, besides the list and its terms.
    """
    missing = {item.key for item in listing.items} - files.keys() - {failure.item for failure in failures}
    assert not missing, f"{len(missing)} items have neither a file nor a failure, for example {min(missing)}"
    return Harvest(
        source=listing.source,
        origin=listing.origin,
        untouched=untouched,
        items=tuple(_stretch(item, files[item.key], listing.crop) for item in listing.items if item.key in files),
        failures=tuple(failures),
        provenance=provenance_of(listing) | dict(provenance or {}),
    )


def provenance_of(listing: Listing) -> dict[str, Any]:
    """What `clipset.json` says of the list: its hash, the rows that were of no use, and the terms."""
    return {
        "list": {
            "sha256": listing.sha256,
            "items": len(listing.items),
            "drawn_from": listing.drawn_from,
            "rejected": [asdict(row) for row in listing.rejected],
        },
        "terms": asdict(listing.terms),
        "crop": listing.crop,
        "seed": listing.seed,
    }


@dataclass(frozen=True, kw_only=True)
class FileStretch(Item):
    """The stretch of a file that a list names."""

    item: WebItem
    file: Path
    crop: int | None

    @property
    def name(self) -> str:
        return self.key

    @contextlib.contextmanager
    def open(self) -> Iterator[Recording]:
        info = probe(self.file)
        media, offset, duration = _locate(self.file, info, self.item)
        meta = {**self.item.meta, "url": self.item.url, "source_sha256": sha256_file(self.file)}
        with open_recording(
            media, duration, label=self.item.label, meta=meta, offset=offset, crop=self.crop
        ) as recording:
            yield recording


def encode_file(item: WebItem, file: Path, *, crop: int | None, storage: Storage, bench: Path) -> None:
    """Put the clips of an item onto the bench, where `prepare` finds them, unless they lie there.

    Raises:
        MachineError: the disk is full or the folder cannot be written.
    """
    stretch = _stretch(item, file, crop)
    if read_item(stretch, storage, bench) is None:
        make_item(stretch, storage, bench)


def _stretch(item: WebItem, file: Path, crop: int | None) -> FileStretch:
    return FileStretch(
        key=item.key,
        split=item.split,
        source=item.scene or item.video,
        identity=_identity(item, crop),
        item=item,
        file=file,
        crop=crop,
    )


def _identity(item: WebItem, crop: int | None) -> str:
    """What decides an item's clips, as far as a list can tell.

    The file's own hash is not part of it: a set is recognized when its downloads are gone, and an item that was
    encoded stays so when its video is offered in another format tomorrow.
    """
    stretch = [None if time is None else str(time) for time in (item.start, item.end)]
    return json.dumps([item.url, item.via, *stretch, crop, item.label, dict(item.meta)], sort_keys=True)


def _locate(file: Path, info: MediaInfo, item: WebItem) -> tuple[ClipMedia, Fraction, Fraction]:
    """The streams at the stretch that `item` names, the second of the file at which it begins, and its seconds.

    Seconds of the file count from where its first stream begins, as players count them.
    """
    streams = [stream for stream in (info.video, info.audio) if stream is not None]
    zero = min(stream.start for stream in streams)
    try:
        shared = shared_stretch(info.video, info.audio)
    except DataError as error:
        raise DataError(f"{file}: {error}") from None
    # Where a stream is missing, its origin is the other one's.
    lead = shared.video_origin - zero
    begin = max(item.start or Fraction(0), lead)
    end = lead + shared.duration
    if item.end is not None:
        end = min(end, item.end)
    if end <= begin:
        raise DataError(
            f"{file}: it lasts {float(lead + shared.duration):.2f} s; the list's stretch, which begins at "
            f"{float(item.start or 0):.2f} s, is not in the file"
        )
    media = ClipMedia(
        video=file if info.video else None,
        audio=file if info.audio else None,
        info_video=info.video,
        info_audio=info.audio,
        video_origin=shared.video_origin + begin - lead,
        audio_origin=shared.audio_origin + begin - lead,
    )
    return media, begin, end - begin
