"""AIST++: dances that are danced to music, from the AIST Dance Video Database, with the splits of AIST++.

Source: Li et al. 2021, "AI Choreographer". MM-Diffusion's section 4.2 tells of 1,020 videos: almost surely the
sequences of the splits by music and choreography (980 + 20 + 20), each seen by one camera. It does not say by which;
c01 here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from avbench.clipset.scan import FolderItem
from avbench.errors import DataError, UsageError
from pipelines.copies import Copy, read_copy
from pipelines.source import web_source
from pipelines.web.draw import deal_splits
from pipelines.web.item import Listing, RejectedRow, Terms, WebItem
from pipelines.web.lists import ListFile, ListRow, hash_of, read_items, read_list, refuse_useless

LIST = "https://storage.googleapis.com/aist_plusplus_public/20121228/video_list.txt"
VIDEOS = "https://aistdancedb.ongaaccel.jp/v1.0.0/video/10M/"
CAMERA = "c01"
CROP = 1024  # pixels: the middle of 1920x1080, where the dancer is

TERMS = Terms(
    name="terms of use of the AIST Dance Video Database; annotations of AIST++ under CC BY 4.0",
    url="https://aistdancedb.ongaaccel.jp/terms_of_use/",
    text=(
        "The videos are under the terms of use of the AIST Dance Video Database, which must be read and accepted "
        "before they are downloaded. Do not pass on the videos, nor shards made of them. The splits are annotations "
        "of AIST++, by Google LLC under CC BY 4.0."
    ),
    must_accept=True,
)

_SPLIT_FILES = {split: f"crossmodal_{split}.txt" for split in ("train", "val", "test")}
_IGNORED = "ignore_list.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class DanceName:
    """What a name such as gBR_sBM_c01_d04_mBR0_ch01 says; "" where it does not (showcases: sSH_c01_v0)."""

    genre: str  # gBR
    situation: str  # sBM
    camera: str  # c01; cAll names a sequence, whichever camera saw it
    dancers: tuple[str, ...]  # d04; groups have three
    music: str  # mBR0
    choreography: str  # ch01


def parse_name(name: str) -> DanceName:
    """Parse a name by the letters that its parts begin with: groups and showcases have more parts, or fewer.

    Raises:
        DataError: it is no name of a dance.
    """
    parts = name.split("_")
    found: dict[str, list[str]] = {}
    for part in parts:
        kind = re.match(r"g(?=[A-Z])|s(?=[A-Z])|c(?=All$|\d+$)|d(?=\d+$)|m(?=[A-Z])|ch(?=\d+$)|v(?=\d+$)", part)
        if kind is None:
            raise DataError(f'"{name}" is no name of a dance, such as gBR_sBM_c01_d04_mBR0_ch01: it has "{part}"')
        found.setdefault(kind.group(), []).append(part)
    if "s" not in found or "c" not in found:
        raise DataError(f'"{name}" is no name of a dance, such as gBR_sBM_c01_d04_mBR0_ch01')
    first = {kind: values[0] for kind, values in found.items()}
    return DanceName(
        genre=first.get("g", ""),
        situation=first["s"],
        camera=first["c"],
        dancers=tuple(found.get("d", ())),
        music=first.get("m", ""),
        choreography=first.get("ch", ""),
    )


def sequence_of(name: str, camera: str) -> str:
    """The name of the sequence, which has cAll in the camera's place."""
    return "_".join("cAll" if part == camera else part for part in name.split("_"))


@web_source("aist")
def aist(
    file: ListFile,
    *,
    annotations: Path | None = None,
    camera: str = CAMERA,
    videos: str = VIDEOS,
    split: Mapping[str, Fraction] | None = None,
    seed: int = 0,
) -> Listing:
    """The videos of one camera that the list names, one to a line, and AIST++'s splits hold.

    Args:
        annotations: folder of AIST++'s annotations, with splits/ and ignore_list.txt.
        videos: URL of the folder that holds the videos.
        split: shares by name, dealt to sequences, in the place of the splits by music and choreography.
        seed: of these shares.

    Raises:
        UsageError: there are neither annotations nor shares.
        DataError: no line of the list can be used.
    """
    if not re.fullmatch(r"c\d\d", camera):
        raise UsageError(f'--camera "{camera}" is no camera such as c01')
    if annotations is None and split is None:
        raise UsageError(
            "the splits of AIST++ are in its annotations, which avbench does not download: get them from "
            "https://google.github.io/aistplusplus_dataset/download.html and name their folder (the one with splits/ "
            "and ignore_list.txt) with --annotations; or deal all sequences yourself with --split train=.9,test=.1"
        )
    rows = (ListRow(line, begin, text, (text,)) for line, begin, text in file.lines())
    items, rejected = read_items(rows, lambda row: _item(row.cells[0], videos))
    refuse_useless(file, items, rejected)
    seen = [item for item in items if item.meta["camera"] == camera]
    if not seen:
        raise DataError(f"{file.origin}: none of its {len(items)} videos is by camera {camera}")
    files = [file]
    if annotations is not None:
        splits = _Splits.read(annotations)
        files += splits.files
        seen = [item for item in seen if item.scene not in splits.ignored]
        if split is None:
            seen, lost = splits.assign(seen)
            rejected += lost
    if split is not None:
        seen = deal_splits(seen, split, seed)
    return Listing(
        source="aist",
        origin=file.origin,
        sha256=hash_of(files),
        items=tuple(seen),
        rejected=tuple(rejected),
        terms=TERMS,
        crop=CROP,
        seed=seed if split is not None else None,
    )


def aist_copy(path: Path, *, split: Mapping[str, Fraction] | None = None, seed: int = 0) -> Copy:
    """A copy that lies in a folder: [train, val or test]/videos, named as dances are. Pictures that are not square lose
    all but their middle. What several cameras saw of a dance, and what was cut from it, is one scene.

    Raises:
        UsageError: the folder does not exist.
        DataError: it holds no video.
    """
    return read_copy(
        path, source="aist", terms=TERMS, label_of=_genre, scene_of=_sequence, crop=CROP, split=split, seed=seed
    )


def _item(name: str, videos: str) -> WebItem:
    dance = parse_name(name)
    meta = {
        "camera": dance.camera,
        "situation": dance.situation,
        "dancers": list(dance.dancers),
        "music": dance.music,
        "choreography": dance.choreography,
    }
    return WebItem(
        key=name,
        url=f"{videos.rstrip('/')}/{name}.mp4",
        via="http",
        video=name,
        scene=sequence_of(name, dance.camera),
        split="train",
        label=dance.genre,
        meta=meta,
    )


def _genre(item: FolderItem) -> str:
    """The genre in a file's name. Copies may have put something behind the dance's name."""
    genre = re.match(r"g[A-Z]{2}(?=_)", item.file.stem)
    return genre.group() if genre else ""


def _sequence(item: FolderItem) -> str:
    """The sequence that the file's name begins with; the file itself where it names none."""
    parts = item.file.stem.split("_")
    for count in range(len(parts), 0, -1):
        name = "_".join(parts[:count])
        try:
            return sequence_of(name, parse_name(name).camera)
        except DataError:
            continue
    return item.source


@dataclass(frozen=True)
class _Splits:
    """AIST++'s splits by music and choreography, and the sequences that it says not to use."""

    rows: Mapping[str, tuple[str, int]]  # sequence -> its split, and the line that says so
    ignored: frozenset[str]
    files: tuple[ListFile, ...]

    @classmethod
    def read(cls, folder: Path) -> "_Splits":
        """
        Raises:
            UsageError: a file is missing.
        """
        splits = {split: read_list(str(folder / "splits" / name)) for split, name in _SPLIT_FILES.items()}
        ignored = read_list(str(folder / _IGNORED))
        rows = {text: (split, line) for split, file in splits.items() for line, _, text in file.lines()}
        return cls(rows, frozenset(text for _, _, text in ignored.lines()), (*splits.values(), ignored))

    def assign(self, items: list[WebItem]) -> tuple[list[WebItem], list[RejectedRow]]:
        """The items that the splits hold, and the rows of the splits for which there is no item."""
        kept = [replace(item, split=self.rows[item.scene][0]) for item in items if item.scene in self.rows]
        wanted = self.rows.keys() - {item.scene for item in kept} - self.ignored
        lost = [
            RejectedRow(line=line, text=sequence, message=f"{_SPLIT_FILES[split]}: no video of it is in the list")
            for sequence, (split, line) in self.rows.items()
            if sequence in wanted
        ]
        return kept, lost
