"""Landscape: nine natural scenes, from the list of YouTube videos that its authors published.

Source: Lee et al. 2022, "Sound-Guided Semantic Video Generation"; MM-Diffusion's section 4.2 tells of 928 videos that
gave 1,000 clips of 10 s which do not overlap. No split was published: without one in the list, videos are dealt to
splits with a seed, all clips of a video to one.
"""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from avbench.errors import DataError
from pipelines.copies import Copy, read_copy
from pipelines.source import web_source
from pipelines.web.address import read_address
from pipelines.web.draw import SHARES, deal_splits
from pipelines.web.item import Listing, Terms, WebItem
from pipelines.web.lists import ListFile, ListRow, csv_rows, read_items, read_seconds, refuse_useless, stretch_key

LIST = "https://kr.object.ncloudstorage.com/eccv2022/dataset/DATASET.csv"

TERMS = Terms(
    name="no licence was published with the list",
    url="https://github.com/kuai-lab/sound2video",
    text=(
        "The list names videos on YouTube, whose rights stay with those who made them. YouTube's terms of service "
        "(https://www.youtube.com/t/terms) say when a video may be downloaded; whether your use is allowed is yours "
        "to find out. Do not pass the videos on."
    ),
    must_accept=False,
)

CLASSES = (
    "explosion",
    "fire_crackling",
    "raining",
    "splashing_water",
    "squishing_water",
    "thunder",
    "underwater_bubbling",
    "waterfall_burbling",
    "wind_noise",
)

# Spellings of copies and papers, after `_spelt`.
_ALIASES = {
    "fire_crakling": "fire_crackling",
    "underwater_burbling": "underwater_bubbling",
    "volcano": "explosion",
    "volcano_explosion": "explosion",
    "waterfall_bubbling": "waterfall_burbling",
}

# What columns may be called: the list's layout is not documented.
_COLUMNS = {
    "address": ("url", "link", "video_url", "video_link", "youtube_url", "youtube_link", "id", "youtube_id", "ytid")
    + ("video_id", "yt_id"),
    "start": ("start", "start_s", "start_seconds", "start_time", "begin"),
    "end": ("end", "end_s", "end_seconds", "end_time", "stop"),
    "label": ("class", "label", "category", "scene", "class_name"),
    "split": ("split", "subset", "set"),
}
_SPLITS = {"train": "train", "training": "train", "val": "val", "validation": "val", "test": "test"}


@web_source("landscape")
def landscape(file: ListFile, *, split: Mapping[str, Fraction] | None = None, seed: int = 0) -> Listing:
    """The videos of a list with a column of URLs or YouTube ids and, if it has them, start, end, class and split.

    Args:
        split: shares by name; None takes the list's own splits, or 90 % train and 10 % test where it has none.
        seed: of the splits.

    Raises:
        DataError: the list's columns are not known, or none of its rows can be used.
    """
    rows = csv_rows(file)
    first = next(rows, None)
    if not isinstance(first, ListRow):
        raise DataError(f"{file.origin}: its first line is not a row of CSV: {first and first.text}")
    columns = _columns(file, first)
    taken = _Taken()

    def parse(row: ListRow) -> WebItem:
        item = _item(row, columns)
        taken.add(item, row.line)
        return item

    items, rejected = read_items(rows, parse)
    refuse_useless(file, items, rejected)
    dealt = split is not None or "split" not in columns
    if dealt:
        items = deal_splits(items, split or SHARES, seed)
    return Listing(
        source="landscape",
        origin=file.origin,
        sha256=file.sha256,
        items=tuple(items),
        rejected=tuple(rejected),
        terms=TERMS,
        seed=seed if dealt else None,
    )


def landscape_copy(path: Path, *, split: Mapping[str, Fraction] | None = None, seed: int = 0) -> Copy:
    """A copy that lies in a folder: [train, val or test]/CLASS/videos, as the published processed copies do.

    Without train, val and test, and without `split`, all goes into train: the videos' names do not tell which were cut
    from one source. Check what screening says: the published copies are said to hold many videos without sound.

    Raises:
        UsageError: the folder does not exist.
        DataError: it holds no video of the nine classes.
    """
    return read_copy(
        path,
        source="landscape",
        terms=TERMS,
        label_of=lambda item: canonical_class(item.label),
        split=split,
        seed=seed,
    )


def canonical_class(name: str) -> str:
    """The class that `name` means, in whichever spelling.

    Raises:
        DataError: it is none of the nine.
    """
    spelt = name.strip().lower().replace(" ", "_").replace("-", "_")
    spelt = _ALIASES.get(spelt, spelt)
    if spelt not in CLASSES:
        raise DataError(f'"{name}" is none of the classes {", ".join(CLASSES)}')
    return spelt


class _Taken:
    """The stretches of each video that are in the list already: Landscape's clips do not overlap."""

    def __init__(self) -> None:
        self._stretches: dict[str, list[tuple[WebItem, int]]] = {}

    def add(self, item: WebItem, line: int) -> None:
        earlier = self._stretches.setdefault(item.video, [])
        for other, other_line in earlier:
            if _begin(item) < _end(other) and _begin(other) < _end(item):
                raise DataError(f"overlaps line {other_line}, a stretch of the same video")
        earlier.append((item, line))


def _begin(item: WebItem) -> Fraction:
    return item.start or Fraction(0)


def _end(item: WebItem) -> float | Fraction:
    return float("inf") if item.end is None else item.end


def _columns(file: ListFile, header: ListRow) -> dict[str, int]:
    """Place of each column that is known."""
    names = [cell.lower().replace(" ", "_").replace("-", "_") for cell in header.cells]
    columns = {}
    for column, spellings in _COLUMNS.items():
        places = [names.index(spelling) for spelling in spellings if spelling in names]
        if places:
            columns[column] = places[0]
    if "address" not in columns:
        raise DataError(
            f"{file.origin}: its first line is {header.text[:200]!r}; wanted is a header with a column url (or id) "
            "and, if there are such, start, end, class, split. Rename its columns in a copy, and give that with --list"
        )
    return columns


def _item(row: ListRow, columns: Mapping[str, int]) -> WebItem:
    if len(row.cells) <= columns["address"]:
        raise DataError(f"has {len(row.cells)} cells, too few")
    cells = {column: row.cells[place] for column, place in columns.items() if place < len(row.cells)}
    address = read_address(cells["address"])
    start = read_seconds(cells["start"]) if cells.get("start") else None
    return WebItem(
        key=stretch_key(address.video, start),
        url=address.url,
        via=address.via,
        video=address.video,
        split=_split(cells["split"]) if "split" in columns else "train",
        label=canonical_class(cells["label"]) if cells.get("label") else "",
        start=start,
        end=read_seconds(cells["end"]) if cells.get("end") else None,
    )


def _split(text: str) -> str:
    split = _SPLITS.get(text.strip().lower())
    if split is None:
        raise DataError(f'"{text}" is none of the splits {", ".join(_SPLITS)}')
    return split
