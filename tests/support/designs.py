"""Studies designed without media: clips that are names alone."""

from collections.abc import Sequence
from typing import Any

from avbench.clip import ClipSpec
from reports.study.design.clips import GoldClip, StudyClip, clip_ids
from reports.study.design.design import DesignSettings, design_study
from reports.study.media.encode import media_of
from reports.study.study import Kind, Screening, Study
from reports.study.texts import mos_tasks, texts, turing_tasks

SECRET = "5e" * 32
MOS_METHODS = ("real", "two-stage", "ours")
TURING_METHODS = ("real", "ours")


def make_clips(
    per_method: int,
    methods: Sequence[str] = MOS_METHODS,
    datasets: Sequence[str] = ("landscape",),
    *,
    paired: bool = False,
) -> list[StudyClip]:
    """`per_method` clips of each method in each data set; paired, those of one number have one source."""
    names = [(dataset, method, number) for dataset in datasets for method in methods for number in range(per_method)]
    return [
        StudyClip(
            clip_id=clip_id,
            dataset=dataset,
            method=method,
            source_id=f"scene-{number}" if paired else f"{method}-{number}",
        )
        for clip_id, (dataset, method, number) in zip(clip_ids(SECRET, list(map(str, names))), names, strict=True)
    ]


def make_golds(kind: Kind, count: int = 5) -> list[GoldClip]:
    """`count` gold clips and as many requests for an answer, each for all tasks of a kind of study."""
    return [
        GoldClip(clip_id=clip_id, task=task.name, accepted=(task.answers[0],), kind=what)
        for what in ("gold", "attention")
        for clip_id in clip_ids(SECRET, [f"{what} {number}" for number in range(count)])
        for task in _tasks(kind)
    ]


def make_study(kind: Kind, clips: Sequence[StudyClip], **changes: Any) -> Study:
    """The study that `design_study` makes of the clips; `changes` are its settings."""
    tasks = _tasks(kind)
    settings = DesignSettings(
        **{"kind": kind, "tasks": tuple(task.name for task in tasks), "secret": SECRET, **changes}
    )
    design = design_study(settings, clips, make_golds(kind))
    return Study(
        study_id="designed",
        kind=kind,
        tasks=tasks,
        votes=settings.votes,
        items_per_page=design.items_per_page,
        gold_per_page=settings.gold_per_page,
        attention_per_page=settings.attention_per_page,
        clip_repeats=settings.clip_repeats,
        pages=design.pages,
        rater_lists=design.rater_lists,
        practice=(),
        media=media_of(ClipSpec(size=256), -23.0),
        media_url="https://media.example.org/designed",
        completion_code=None,
        screening=Screening(),
        texts=texts(kind, contact="us", pay="Nothing."),
        seed=settings.seed,
        avbench_version="0",
    )


def _tasks(kind: Kind) -> Any:
    return mos_tasks(plain_words=False, mute_video=False, hide_audio=False) if kind == "mos" else turing_tasks()
