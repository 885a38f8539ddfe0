"""A small study with clips that play: what the tests of pages and server go through."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from avbench.media.encode import write_movie
from reports.study.pages import write_pages
from reports.study.study import (
    Anchor,
    Item,
    Media,
    Page,
    RaterList,
    Screening,
    Study,
    Task,
    TaskName,
    Texts,
    write_study,
)

SECONDS = 0.6
_FPS, _SIZE, _RATE = 10, 256, 16_000

_QUALITY = (
    ("1", "Noise", "Nothing to recognise, only noise."),
    ("2", "Unclear", "Something happens, but one cannot say what."),
    ("3", "Unnatural", "What it is becomes clear, yet it looks or sounds very unnatural."),
    ("4", "Almost natural", "Natural, though one notices that it was generated."),
    ("5", "Real", "Cannot be told from a real recording."),
)
_VERDICTS = (
    ("machine", "Made by a machine", "The clip was generated."),
    ("undetermined", "Cannot tell", "I cannot decide."),
    ("real", "Real", "The clip was recorded in the world."),
)


def clip_id(number: int) -> str:
    """The id of the number-th clip."""
    return f"{number:012x}"


def mos_study(
    *, raters: int = 2, clips_per_page: int = 3, pages: int = 2, name: str = "small-mos", **changes: object
) -> Study:
    """Pages that ask about picture and sound by turns; every rater sees all of them."""
    tasks: tuple[TaskName, ...] = ("video_quality", "audio_quality")
    made = tuple(
        Page(
            page_id=f"page-{number}",
            task=tasks[number % 2],
            items=tuple(Item(clip_id=clip_id(1 + number * clips_per_page + index)) for index in range(clips_per_page)),
        )
        for number in range(pages)
    )
    return _study(name, "mos", tuple(_task(task, _QUALITY) for task in tasks), made, raters, changes)


def turing_study(**changes: object) -> Study:
    """One page of three clips."""
    items = tuple(Item(clip_id=clip_id(number)) for number in (1, 2, 3))
    page = Page(page_id="page-0", task="turing", items=items)
    return _study("small-turing", "turing", (_task("turing", _VERDICTS),), (page,), 2, changes)


def write_small_study(study: Study, folder: Path, *, media: bool = True) -> Path:
    """The study's folder with pages, key and, unless told otherwise, a short clip for every id."""
    write_study(study, folder)
    write_pages(study, folder)
    _write_private(study, folder / "private")
    for clip in sorted({*study.clip_ids, *(item.clip_id for item in study.practice)}) if media else ():
        _write_clip(folder / "media" / f"{clip}.mp4", int(clip, 16))
    return folder


def _write_private(study: Study, folder: Path) -> None:
    folder.mkdir()
    rows = [("clip_id", "study_id", "part", "dataset", "method", "source_id", "kind")]
    for number, clip in enumerate(study.clip_ids):
        method = "the-secret-method" if number % 2 else "real"
        rows.append((clip, study.study_id, study.kind, "landscape", method, f"source-{number}", "rating"))
    (folder / "key.csv").write_text("".join(",".join(row) + "\n" for row in rows))
    (folder / "secret").write_text("0" * 64)


def _write_clip(path: Path, number: int) -> None:
    """A bar that moves over a coloured ground, and a tone whose pitch belongs to it."""
    count = round(SECONDS * _FPS)
    ground = np.linspace(60, 200, _SIZE)[None, :, None] * np.random.default_rng(number).uniform(0.3, 1, 3)
    frames = []
    for index in range(count):
        frame = np.broadcast_to(ground, (_SIZE, _SIZE, 3)).astype(np.uint8)
        left = 20 + index * (_SIZE - 80) // count
        frame[80:170, left : left + 40] = 240
        frames.append(frame)
    times = np.arange(round(SECONDS * _RATE)) / _RATE
    tone = 0.2 * np.sin(2 * np.pi * (220 + 20 * (number % 20)) * times)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_movie(path, frames, Fraction(_FPS), tone[None].astype(np.float32), _RATE)


def _task(name: TaskName, scale: tuple[tuple[str, str, str], ...]) -> Task:
    questions: dict[TaskName, str] = {
        "video_quality": "How good is the picture?",
        "audio_quality": "How good is the sound?",
        "turing": "Was this clip recorded, or made by a machine?",
    }
    anchors = tuple(Anchor(answer=answer, label=label, meaning=meaning) for answer, label, meaning in scale)
    return Task(name=name, question=questions[name], scale=anchors)


def _study(
    name: str, kind: str, tasks: tuple[Task, ...], pages: tuple[Page, ...], raters: int, changes: dict[str, object]
) -> Study:
    values: dict[str, object] = {
        "study_id": name,
        "kind": kind,
        "tasks": tasks,
        "votes": raters,
        "items_per_page": len(pages[0].items),
        "gold_per_page": 0,
        "attention_per_page": 0,
        "clip_repeats": False,
        "pages": pages,
        "rater_lists": tuple(
            RaterList(list_id=f"list-{number}", page_ids=tuple(page.page_id for page in pages))
            for number in range(raters)
        ),
        "practice": (Item(clip_id="00000000aaaa"), Item(clip_id="00000000bbbb")),
        "media": Media(
            size=_SIZE,
            fps=_FPS,
            frames=round(SECONDS * _FPS),
            seconds=SECONDS,
            sample_rate=_RATE,
            channels=1,
            loudness_lufs=-23.0,
            container="mp4",
            video_codec="h264",
            audio_codec="aac",
        ),
        "media_url": "https://media.example.org/clips",
        "completion_code": "C0DE42",
        "screening": Screening(),
        "texts": _TEXTS,
        "seed": 0,
        "avbench_version": "0",
    }
    return Study(**{**values, **changes})  # type: ignore[arg-type]


_TEXTS = Texts(
    version="1",
    title="Short videos with sound",
    purpose="We study how natural short videos with sound appear to people.",
    stored="Your answers, how long they took and how often each clip was played, under a code without your name.",
    pay="As agreed with the person who invited you.",
    rights="You may stop at any time by closing the page. Answers given by then are kept unless you ask otherwise.",
    contact="study@example.org",
    warning="Landscapes and people who dance. Some clips contain loud or unpleasant noise.",
    instructions=(
        "You will see short clips. Play each one to its end, with sound, and answer the question below it.",
        "There are no right answers. Use the whole scale.",
    ),
    practice=("This clip is an example of the lower end of the scale.", "This one is near the upper end."),
)
