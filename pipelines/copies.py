"""A data set's copy in a folder: somebody else downloaded and cut it, and its layout tells splits and classes."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path

from avbench.clipset.records import ClipRecord, Failure
from avbench.errors import DataError
from pipelines.folder import FolderVideo, folder
from pipelines.source import Harvest, Item
from pipelines.web.item import Terms


def read_copy(
    path: Path,
    *,
    source: str,
    terms: Terms,
    label_of: Callable[[ClipRecord], str],
    crop: int | None = None,
    split: Mapping[str, Fraction] | None = None,
    seed: int = 0,
    workers: int = 0,
) -> Harvest:
    """All videos under `path` that have sound, with the splits of its folders train, val and test.

    Args:
        label_of: the class of a video; raises DataError where it has none of this data set.
        crop: pixels of the square in the middle that is kept of pictures that are not square already.
        split: shares by name that take the place of the folder's own splits, dealt with `seed`.

    Raises:
        UsageError: the folder does not exist.
        DataError: it holds no media that can be used.
    """
    harvest = folder(path, split=split, seed=seed, workers=workers)
    items: list[Item] = []
    failures = list(harvest.failures)
    for item in harvest.items:
        assert isinstance(item, FolderVideo), "a folder's items"
        try:
            items.append(_usable(item, label_of, crop))
        except DataError as error:
            failures.append(Failure.of(item.source, "list", error))
    if not items:
        raise DataError(f"{path}: none of its {len(failures)} videos can be used; the first: {failures[0].message}")
    return replace(
        harvest,
        source=source,
        items=tuple(items),
        failures=tuple(failures),
        provenance={"terms": asdict(terms), "crop": crop, "seed": seed if split else None},
    )


def _usable(item: FolderVideo, label_of: Callable[[ClipRecord], str], crop: int | None) -> FolderVideo:
    record = item.clip.record
    if not record.has_video:
        raise DataError(f"{item.source}: there are no pictures in it; it is no copy of a video")
    if not record.has_audio:
        raise DataError(f"{item.source}: there is no sound in it; get a copy with sound")
    label = label_of(record)
    square = crop if record.width != record.height else None
    # The identity holds all that decides the clips.
    return replace(item, label=label, crop=square, identity=f"{item.identity} {label} {square}")
