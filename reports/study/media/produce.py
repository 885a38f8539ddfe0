"""Producing all files of a study: over clips in parallel, and taken up again where a killed command left off."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

from avbench.clip import Clip
from avbench.progress import Progress
from avbench.workspace import atomic_write
from reports.study.media.encode import MediaFacts, encode_clip
from reports.study.study import Media


@dataclass(frozen=True, slots=True)
class Production:
    """A file to make: its name, and what reads or draws the clip."""

    clip_id: str
    read: Callable[[], Clip]


def produce(
    tasks: Sequence[Production], folder: Path, media: Media, *, workers: int, progress: Progress
) -> dict[str, MediaFacts]:
    """Encode all clips into `folder`/<clip id>.mp4, each with its facts beside it; what is there stays.

    Args:
        workers: clips at a time; 0 for one per core. The files do not depend on it.

    Returns:
        The facts by clip id.

    Raises:
        DataError: a clip cannot be read or encoded. Clips that are done stay.
        MachineError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    facts = {task.clip_id: known for task in tasks if (known := _facts_of(folder, task.clip_id)) is not None}
    todo = [task for task in tasks if task.clip_id not in facts]
    progress("encode clips", len(facts), len(tasks))
    with ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as pool:
        running = {pool.submit(_encode, task, folder, media): task.clip_id for task in todo}
        try:
            for future in as_completed(running):
                facts[running[future]] = future.result()
                progress("encode clips", len(facts), len(tasks))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return facts


def file_of(folder: Path, clip_id: str) -> Path:
    return folder / f"{clip_id}.mp4"


def _encode(task: Production, folder: Path, media: Media) -> MediaFacts:
    facts = encode_clip(file_of(folder, task.clip_id), task.read(), media)
    # Written last: a clip whose facts are there is there itself.
    atomic_write(_facts_file(folder, task.clip_id), json.dumps(asdict(facts)))
    return facts


def _facts_of(folder: Path, clip_id: str) -> MediaFacts | None:
    try:
        known: Mapping[str, object] = json.loads(_facts_file(folder, clip_id).read_bytes())
    except FileNotFoundError:
        return None
    return MediaFacts(**known)  # type: ignore[arg-type]


def _facts_file(folder: Path, clip_id: str) -> Path:
    return folder / f"{clip_id}.json"
