"""A folder of videos as a clip set, in place: each file (with its sound) is a clip. Nothing is written into it.

Where avbench made the folder, its manifest says which files belong to the set and more of them than they show.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

from avbench.clipset.clipset import ClipSet
from avbench.clipset.made import MadeFolder
from avbench.clipset.probes import Probed, probe_files
from avbench.clipset.records import ClipMedia, ClipRecord, Failure
from avbench.clipset.scan import AUDIO_SUFFIXES, FolderItem, Scan, scan_folder
from avbench.clipset.timeline import Stretch, shared_stretch
from avbench.errors import DataError, UsageError
from avbench.media.probe import MediaInfo


@dataclass(frozen=True, slots=True)
class FolderClip:
    """A usable item of a folder: small, so that a set can hold many and send them to other processes."""

    record: ClipRecord
    item: FolderItem
    main: Probed
    soundtrack: Probed | None

    def media(self, *, video: bool = True, audio: bool = True) -> ClipMedia:
        """The streams that are wanted, with the times of all frames."""
        info, stretch = _together(self.item, self.main, self.soundtrack)
        info_video, info_audio = info.video if video else None, info.audio if audio else None
        return ClipMedia(
            video=self.item.file if info_video else None,
            audio=(self.item.soundtrack or self.item.file) if info_audio else None,
            info_video=info_video,
            info_audio=info_audio,
            video_origin=stretch.video_origin,
            audio_origin=stretch.audio_origin,
        )


class FolderClipSet(ClipSet):
    """The videos (mp4, webm, mkv, avi, mov, m4v, gif) and sounds (wav, flac, mp3) under a folder.

    Args:
        path: the folder, or one file.
        audio: a folder of sounds that take the place of those inside the videos of the same stem.
        workers: threads that probe; 0 for one per core.

    Raises:
        UsageError: a folder does not exist.
        DataError: nothing in it can be used, or a file that its manifest names is missing. Single files that cannot be
            used become `failures`.
    """

    kind = "folder"

    def __init__(self, path: Path, *, audio: Path | None = None, workers: int = 0) -> None:
        self.scan: Scan = scan_folder(path, audio)
        self.manifest = MadeFolder.read(path)
        items = _named(path, self.scan, self.manifest)
        files = sorted({file for item in items for file in (item.file, item.soundtrack) if file is not None})
        probed = dict(zip(files, probe_files(files, workers=workers), strict=True))
        self.clips: list[FolderClip] = []
        failures = []
        for item in items:
            try:
                self.clips.append(_folder_clip(item, probed))
            except DataError as error:
                failures.append(Failure.of(item.source, "probe", error))
        if not self.clips:
            _raise_nothing_usable(path, failures)
        super().__init__(
            path,
            name=self.manifest.name if self.manifest else _name_of(path),
            records=tuple(clip.record for clip in self.clips),
            failures=tuple(failures),
            fit=self.manifest.fit if self.manifest else "native",
            channel=self.manifest.channel if self.manifest else "native",
        )

    def media(self, index: int, *, video: bool = True, audio: bool = True) -> ClipMedia:
        return self.clips[index].media(video=video, audio=audio)

    def as_webdataset(self, split: str | None = None) -> Any:
        raise UsageError(
            f"{self.path} is a folder of videos, which has no shards to stream; make some with "
            f"`avbench prepare folder {self.path}`"
        )


def _named(path: Path, scan: Scan, manifest: MadeFolder | None) -> tuple[FolderItem, ...]:
    try:
        return manifest.items(scan.items) if manifest else scan.items
    except DataError as error:
        raise DataError(f"{path}: {error}") from None


def _name_of(path: Path) -> str:
    return path.resolve().stem if path.is_file() else path.resolve().name


def _folder_clip(item: FolderItem, probed: dict[Path, Probed | DataError]) -> FolderClip:
    main = _usable(probed[item.file])
    soundtrack = _usable(probed[item.soundtrack]) if item.soundtrack else None
    info, stretch = _together(item, main, soundtrack)
    video, audio = info.video, info.audio
    record = ClipRecord(
        key=item.key,
        split=item.split,
        label=item.label,
        source=item.source,
        sha256=hashlib.sha256((main.sha256 + soundtrack.sha256).encode()).hexdigest() if soundtrack else main.sha256,
        duration=stretch.duration,
        frames=video.frames if video else 0,
        fps=video.fps if video else Fraction(0),
        width=video.width if video else 0,
        height=video.height if video else 0,
        sample_rate=audio.sample_rate if audio else 0,
        channels=audio.channels if audio else 0,
        source_fps=video.fps if video else Fraction(0),
        source_channels=audio.channels if audio else 0,
        meta=item.meta,
    )
    return FolderClip(record, item, main, soundtrack)


def _usable(probed: Probed | DataError) -> Probed:
    if isinstance(probed, DataError):
        raise probed
    return probed


def _together(item: FolderItem, main: Probed, soundtrack: Probed | None) -> tuple[MediaInfo, Stretch]:
    """The streams of an item, whichever files they are in, and the stretch that they share."""
    inside = main.info
    video = None if item.file.suffix.lower() in AUDIO_SUFFIXES else inside.video  # not the cover art of an mp3
    audio = soundtrack.info.audio if soundtrack else inside.audio
    if soundtrack and audio is None:
        raise DataError(f"{item.soundtrack}: there is no sound in it; remove it or put a sound in its place")
    if video is None and audio is None:
        raise DataError(f"{item.file}: there is neither picture nor sound in it; remove it")
    try:
        stretch = shared_stretch(video, audio, separate=soundtrack is not None)
    except DataError as error:
        raise DataError(f"{item.file}: {error}") from None
    return MediaInfo(video=video, audio=audio), stretch


def _raise_nothing_usable(path: Path, failures: list[Failure]) -> NoReturn:
    counts = Counter(failure.reason for failure in failures)
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
    raise DataError(
        f"{path}: none of its {len(failures)} media files can be used ({reasons}); the first: {failures[0].message}"
    )
