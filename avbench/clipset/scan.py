"""Finding the items in a folder of videos: which files belong together, and what their places say of them."""

import hashlib
import logging
import os
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avbench.errors import DataError, UsageError

logger = logging.getLogger(__name__)

VIDEO_SUFFIXES = frozenset({".mp4", ".webm", ".mkv", ".avi", ".mov", ".m4v", ".gif"})
AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".mp3"})
SOUNDTRACK_SUFFIXES = frozenset({".flac", ".wav"})  # beside a video; an mp3 starts late by its encoder's delay

_SPLITS = {"train": "train", "val": "val", "validation": "val", "test": "test"}
_KEY_STEM_LENGTH = 64  # a tar member's name has room for 100 characters, with start, suffix and hash


@dataclass(frozen=True, slots=True)
class FolderItem:
    """A video, with its sound if that lies in another file, or a sound alone."""

    file: Path
    soundtrack: Path | None  # takes the place of the sound inside
    source: str  # path within the folder
    key: str
    split: str
    label: str
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scan:
    """The items of a folder, sorted by split and key, and files of the audio folder that belong to none."""

    items: tuple[FolderItem, ...]
    unmatched_audio: tuple[str, ...]
    has_splits: bool  # the folder's own train, val or test


def scan_folder(path: Path, audio: Path | None = None) -> Scan:
    """Find the items in a folder (or a single file), recursively; hidden files are passed over.

    Args:
        audio: a folder of sounds, paired with the videos by their path or, where that is unique, their stem.

    Raises:
        UsageError: a folder does not exist.
        DataError: there is no video or sound in it.
    """
    for folder in (path, audio):
        if folder is not None and not folder.exists():
            raise UsageError(f"{folder} does not exist; check the path")
    root = path if path.is_dir() else path.parent
    files = _media_files(path, VIDEO_SUFFIXES | AUDIO_SUFFIXES, without=audio)
    if not files:
        suffixes = ", ".join(sorted(suffix[1:] for suffix in VIDEO_SUFFIXES | AUDIO_SUFFIXES))
        raise DataError(f"{path}: there is no video or sound in it (wanted: {suffixes}); check the path")
    soundtracks = _Soundtracks(audio, [file.relative_to(root) for file in files])
    has_splits = any(_own_split(file.relative_to(root)) for file in files)
    items = []
    for file, beside in _pair(files):
        relative = file.relative_to(root)
        items.append(
            FolderItem(
                file=file,
                soundtrack=soundtracks.of(relative) or beside,
                source=_printable(relative),
                key=key_of(relative),
                split=_own_split(relative) or "train",
                label=_label(relative),
            )
        )
    items.sort(key=lambda item: (item.split, item.key))
    return Scan(tuple(items), soundtracks.unmatched(), has_splits)


def key_of(relative: Path) -> str:
    """The key of a file: its stem in characters that suit a tar member, and 6 hex digits of its path's hash."""
    stem = re.sub(r"[^A-Za-z0-9_-]", "-", relative.stem)[:_KEY_STEM_LENGTH]
    return f"{stem}-{hashlib.sha256(os.fsencode(relative.as_posix())).hexdigest()[:6]}"


class _Soundtracks:
    """The sounds of a folder of their own, and which of them belong to the videos at `relatives`."""

    def __init__(self, folder: Path | None, relatives: list[Path]) -> None:
        self._sounds: dict[Path, Path] = {}  # path within the folder -> file
        if folder is not None:
            self._sounds = {file.relative_to(folder): file for file in _media_files(folder, AUDIO_SUFFIXES)}
        self._by_path = {relative.with_suffix(""): relative for relative in self._sounds}
        self._by_stem = {relative.stem: relative for relative in self._sounds}
        videos = (relative.stem for relative in relatives if relative.suffix.lower() in VIDEO_SUFFIXES)
        self._sounds_with_stem = Counter(relative.stem for relative in self._sounds)
        self._videos_with_stem = Counter(videos)
        self._used: set[Path] = set()

    def of(self, video: Path) -> Path | None:
        """The sound of a video; a bare stem counts only where a single file has it on both sides."""
        if video.suffix.lower() not in VIDEO_SUFFIXES:
            return None
        found = self._by_path.get(video.with_suffix(""))
        if found is None and self._sounds_with_stem[video.stem] == 1 == self._videos_with_stem[video.stem]:
            found = self._by_stem[video.stem]
        if found is None:
            return None
        self._used.add(found)
        return self._sounds[found]

    def unmatched(self) -> tuple[str, ...]:
        return tuple(sorted(_printable(relative) for relative in self._sounds if relative not in self._used))


def _media_files(path: Path, suffixes: Collection[str], without: Path | None = None) -> list[Path]:
    if path.is_file():
        return [path] if path.suffix.lower() in suffixes else []
    return sorted(file for file in _walk(path, without) if file.suffix.lower() in suffixes)


def _walk(folder: Path, without: Path | None) -> Iterator[Path]:
    excluded = without.resolve() if without is not None and without.resolve() != folder.resolve() else None
    for place, folders, files in os.walk(folder):
        folders[:] = [
            name for name in folders if not name.startswith(".") and (Path(place) / name).resolve() != excluded
        ]
        yield from (Path(place) / name for name in files if not name.startswith("."))


def _pair(files: list[Path]) -> Iterator[tuple[Path, Path | None]]:
    """Each item's main file and the sound beside it."""
    with_video = {file.with_suffix("") for file in files if file.suffix.lower() in VIDEO_SUFFIXES}
    beside = {file.with_suffix(""): file for file in files if file.suffix.lower() in SOUNDTRACK_SUFFIXES}
    for file in files:
        stem = file.with_suffix("")
        if file.suffix.lower() in VIDEO_SUFFIXES:
            yield file, beside.get(stem)
        elif stem not in with_video:
            yield file, None
        elif file.suffix.lower() not in SOUNDTRACK_SUFFIXES:
            logger.warning("%s is passed over: only a wav or flac can be the sound of the video beside it", file)


def _printable(relative: Path) -> str:
    # File names need not be UTF-8; tables must.
    return os.fsencode(relative.as_posix()).decode(errors="replace")


def _own_split(relative: Path) -> str | None:
    return _SPLITS.get(relative.parts[0].lower()) if len(relative.parts) > 1 else None


def _label(relative: Path) -> str:
    parents = relative.parts[1 if _own_split(relative) else 0 : -1]
    return parents[-1] if parents else ""
