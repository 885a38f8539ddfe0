"""The worked example of `tests/golden/study` as a study's folder, or in memory."""

import csv
import json
from pathlib import Path
from typing import Any

from reports.study.keyed import KeyedStudy, read_gold, read_key
from reports.study.study import Anchor, Item, Media, Page, Screening, Study, Task, Texts, write_study
from reports.study.vote import TASKS, answers_to

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "study"
STUDY_ID = "demo-2024-10"
EXPECTED: dict[str, Any] = json.loads((GOLDEN / "expected.json").read_text())

_TEXTS = Texts(
    version="1", title="Rate clips", purpose="p", stored="s", pay="p", rights="r", contact="c", warning="w",
    instructions=("i",), practice=(),
)  # fmt: skip
_MEDIA = Media(
    size=256, fps=10.0, frames=16, seconds=1.6, sample_rate=16000, channels=1, loudness_lufs=-23.0,
    container="mp4", video_codec="h264", audio_codec="aac",
)  # fmt: skip


def golden_pages() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Page id -> task and clips."""
    with (GOLDEN / "batch_input.csv").open(newline="") as file:
        return {
            row["page_id"]: (row["task"], tuple(row[f"clip_{item}"] for item in range(1, 12)))
            for row in csv.DictReader(file)
        }


def keyed(secret: bytes | None = None) -> KeyedStudy:
    """The golden study; without a secret, raters keep their ids, as in its expected numbers."""
    return KeyedStudy(
        study_id=STUDY_ID,
        votes=5,
        pages=golden_pages(),
        key=read_key(GOLDEN / "key.csv", STUDY_ID),
        gold=read_gold(GOLDEN / "gold.csv"),
        secret=secret,
        screening=Screening(),
        clip_seconds=1.6,
    )


def small_study(
    folder: Path,
    *,
    key: Path,
    pages: dict[str, tuple[str, tuple[str, ...]]],
    votes: int,
    study_id: str = STUDY_ID,
    gold: Path | None = None,
) -> Path:
    """Writes a study's folder of the given pages, with its private part."""
    tasks = tuple(
        Task(name=name, question="?", scale=tuple(Anchor(answer=a, label=a, meaning="") for a in answers_to(name)))  # type: ignore[arg-type]
        for name in TASKS
        if name in {task for task, _ in pages.values()}
    )
    study = Study(
        study_id=study_id,
        kind="turing" if {task.name for task in tasks} == {"turing"} else "mos",
        tasks=tasks,
        votes=votes,
        items_per_page=10,
        gold_per_page=1,
        attention_per_page=0,
        clip_repeats=True,
        pages=tuple(
            Page(page_id=page_id, task=task, items=tuple(Item(clip_id=clip) for clip in clips))  # type: ignore[arg-type]
            for page_id, (task, clips) in pages.items()
        ),
        rater_lists=(),
        practice=(),
        media=_MEDIA,
        media_url="https://media.example.org/s",
        completion_code=None,
        screening=Screening(),
        texts=_TEXTS,
        seed=0,
        avbench_version="test",
    )
    write_study(study, folder)
    private = folder / "private"
    private.mkdir()
    (private / "key.csv").write_bytes(key.read_bytes())
    if gold is not None:
        (private / "gold.csv").write_bytes(gold.read_bytes())
    (private / "secret").write_text("ab" * 32)
    return folder


def golden_folder(folder: Path) -> Path:
    """Writes the golden study, MOS and Turing pages together, as a study's folder."""
    return small_study(folder, key=GOLDEN / "key.csv", pages=golden_pages(), votes=5, gold=GOLDEN / "gold.csv")
