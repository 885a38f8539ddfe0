"""Data sets that lie in a folder already, raw or processed by somebody: which file is which item of which list.

From here on they take the way of what is downloaded, and are screened like it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote, urlsplit

from avbench.clipset.records import Failure
from avbench.clipset.scan import FolderItem, scan_folder
from avbench.errors import DataError, UsageError
from pipelines.web.draw import deal_splits
from pipelines.web.item import Listing, Terms, WebItem


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A folder, and what its files are."""

    folder: Path
    listing: Listing  # the items that there are files of
    files: Mapping[str, Path]  # by name of the video
    failures: tuple[Failure, ...]  # what the folder lacks, and files that are none of the data set


def read_copy(
    path: Path,
    *,
    source: str,
    terms: Terms,
    label_of: Callable[[FolderItem], str],
    scene_of: Callable[[FolderItem], str] = lambda item: item.source,
    crop: int | None = None,
    split: Mapping[str, Fraction] | None = None,
    seed: int = 0,
) -> Copy:
    """All videos under `path`, with the splits of its folders train, val and test; train where it has none.

    Args:
        label_of: the class of a video; raises DataError where it has none of this data set.
        scene_of: what a video shares its scenes with; each is a scene of its own where it is not given.
        crop: as in `Listing`.
        split: shares by name that take the place of the folder's own splits, dealt with `seed`.

    Raises:
        UsageError: the folder does not exist, or its sounds lie in files of their own.
        DataError: none of it can be used.
    """
    found = scan_folder(path).items
    beside = next((item.source for item in found if item.soundtrack is not None), None)
    if beside is not None:
        raise UsageError(
            f"{path}: the sound of {beside} lies in a file of its own; use `avbench prepare folder {path}`"
        )
    items: list[WebItem] = []
    failures = []
    for item in found:
        try:
            items.append(_item_of(item, label_of(item), scene_of(item)))
        except DataError as error:
            failures.append(Failure.of(item.source, "list", error))
    if not items:
        raise DataError(f"{path}: none of its {len(failures)} videos can be used; the first: {failures[0].message}")
    if split:
        items = deal_splits(items, split, seed)
    listing = Listing(
        source=source,
        origin=str(path),
        sha256="",
        items=tuple(items),
        terms=terms,
        crop=crop,
        seed=seed if split else None,
    )
    return Copy(folder=path, listing=listing, files={item.key: item.file for item in found}, failures=tuple(failures))


def match_copy(listing: Listing, path: Path) -> Copy:
    """The files under `path` that are videos of the list, by their names: that of the video, whole or under its URL's
    name; or those of stretches that somebody cut out, <video>_<second, 6 digits> or our own key.

    Raises:
        UsageError: the folder does not exist.
        DataError: there is no video in it, or none of the list.
    """
    by_stem: dict[str, Path] = {}
    for file in (found.file for found in scan_folder(path).items):
        by_stem.setdefault(file.stem, file)
    items: list[WebItem] = []
    files = {}
    failures = []
    for wanted in listing.items:
        match = _look_up(wanted, by_stem)
        if match is None:
            message = f"{wanted.key}: the folder has no file called {wanted.video}"
            failures.append(Failure(wanted.key, "download", "not_in_folder", message))
            continue
        item, files[match[0].video] = match
        items.append(item)
    if not items:
        raise DataError(f"{path}: none of its {len(by_stem)} videos is one of the {len(listing.items)} of the list")
    return Copy(folder=path, listing=replace(listing, items=tuple(items)), files=files, failures=tuple(failures))


def _item_of(item: FolderItem, label: str, scene: str) -> WebItem:
    return WebItem(
        key=item.key,
        url=f"file:{item.source}",
        via="http",
        video=item.key,
        scene=scene,
        split=item.split,
        label=label,
        # So that a file that was replaced by another one makes another set.
        meta={"bytes": item.file.stat().st_size},
    )


def _look_up(item: WebItem, by_stem: Mapping[str, Path]) -> tuple[WebItem, Path] | None:
    """The item's file and the item as it lies there."""
    for stem in _names_of_video(item):
        if stem in by_stem:
            return item, by_stem[stem]
    for stem in _names_of_stretch(item):
        if stem in by_stem:
            return replace(item, video=item.key, scene=item.scene or item.video, start=None, end=None), by_stem[stem]
    return None


def _names_of_video(item: WebItem) -> Iterator[str]:
    yield item.video
    if item.via == "http":
        yield unquote(urlsplit(item.url).path).rsplit("/", 1)[-1].rsplit(".", 1)[0]


def _names_of_stretch(item: WebItem) -> Iterator[str]:
    if item.start is not None:
        yield f"{item.video}_{int(item.start):06d}"
        yield item.key
