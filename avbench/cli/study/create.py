"""`avbench study create`: make a study's folder from clip sets."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avbench.cli.console import errors, output, progress_bars
from avbench.errors import UsageError

if TYPE_CHECKING:
    from reports.study.config import GoldSource
    from reports.study.create import Created
    from reports.study.design.draw import ClipSource


class StudyKind(StrEnum):
    mos = "mos"
    turing = "turing"


def create(
    kind: Annotated[StudyKind, typer.Argument(help="Opinion scores (Table 5), or a Turing test (Table 6).")],
    clips: Annotated[
        list[str], typer.Option(help="Clips to ask about: [DATASET:]METHOD=PATH; repeatable. Real ones: real=PATH.")
    ],
    out: Annotated[Path, typer.Option(help="The study's folder; must not exist.")],
    per_method: Annotated[int, typer.Option(help="Clips of each method in each data set.", min=1)] = 500,
    votes: Annotated[int, typer.Option(help="Raters for each question about each clip.", min=1)] = 5,
    seed: Annotated[int, typer.Option(help="Seed of all draws.")] = 0,
    secret: Annotated[
        Path | None, typer.Option(help="The secret of an earlier study: with the same seed, the same bytes.")
    ] = None,
    size: Annotated[int, typer.Option(help="Pixels of all clips, both sides.", min=16)] = 256,
    seconds: Annotated[float, typer.Option(help="Seconds that are shown of a clip.", min=0.1)] = 1.6,
    fps: Annotated[int, typer.Option(help="Frames per second of all clips.", min=1)] = 10,
    sample_rate: Annotated[int, typer.Option(help="Hz of all clips' sound.", min=8000)] = 16_000,
    loudness: Annotated[float, typer.Option(help="LUFS to which all sound is brought.", max=0)] = -23.0,
    items_per_page: Annotated[int | None, typer.Option(help="Clips to rate on a page; else about 10.", min=1)] = None,
    gold_per_page: Annotated[int, typer.Option(help="Clips on a page whose right answer is known.", min=0)] = 1,
    attention_per_page: Annotated[int, typer.Option(help="Clips on a page that ask for an answer.", min=0)] = 1,
    gold: Annotated[
        list[str] | None, typer.Option(help="Gold clips besides noise: [TASK:]ANSWER[,ANSWER]=PATH; repeatable.")
    ] = None,
    raters: Annotated[
        int | None, typer.Option(help="Lists on our own page. Default: sessions under 20 minutes.", min=1)
    ] = None,
    clip_repeats: Annotated[
        bool, typer.Option("--clip-repeats", help="A rater may meet a clip again under another question.")
    ] = False,
    paired: Annotated[bool, typer.Option("--paired", help="Clips of one name show one scene in all methods.")] = False,
    plain_words: Annotated[
        bool, typer.Option("--plain-words", help="MOS: from bad to excellent, without the paper's meanings.")
    ] = False,
    mute_video: Annotated[bool, typer.Option("--mute-video", help="MOS: judge the picture without sound.")] = False,
    hide_audio: Annotated[bool, typer.Option("--hide-audio", help="MOS: judge the sound without picture.")] = False,
    study_id: Annotated[str, typer.Option(help="The study's name. Default: the folder's.")] = "",
    media_url: Annotated[str, typer.Option(help="https address where media/ will lie, for Mechanical Turk.")] = "",
    completion_code: Annotated[str | None, typer.Option(help="Shown at the end of our own page.")] = None,
    contact: Annotated[str, typer.Option(help="Whom raters can ask.")] = "the people who sent you here",
    pay: Annotated[
        str, typer.Option(help="What raters get, as a sentence.")
    ] = "You are paid what the platform shows for this task.",
    workers: Annotated[int, typer.Option(help="Clips encoded at a time; 0: one per core.", min=0)] = 0,
) -> None:
    """Make a study: draw, encode and blind clips, deal them to pages and raters, write the sheets.

    Interrupted, the same command goes on from the clips that are encoded.
    """
    from avbench.clip import ClipSpec
    from reports.study.config import CreateConfig
    from reports.study.create import create_study

    config = CreateConfig(
        kind=kind.value,
        sources=tuple(map(_source, clips)),
        out=out,
        per_method=per_method,
        votes=votes,
        items_per_page=items_per_page,
        gold_per_page=gold_per_page,
        attention_per_page=attention_per_page,
        golds=tuple(map(_gold, gold or [])),
        raters=raters,
        clip_repeats=clip_repeats,
        paired=paired,
        spec=ClipSpec(frames=round(seconds * fps), fps=Fraction(fps), size=size, sample_rate=sample_rate),
        loudness_lufs=loudness,
        plain_words=plain_words,
        mute_video=mute_video,
        hide_audio=hide_audio,
        study_id=study_id,
        media_url=media_url,
        completion_code=completion_code,
        contact=contact,
        pay=pay,
        seed=seed,
        secret=_secret(secret),
        workers=workers,
    )
    with progress_bars() as progress:
        created = create_study(config, progress)
    _show(created)


def _show(created: Created) -> None:
    study = created.study
    output.print(
        f"{created.folder}: {study.task_count:,} tasks, {study.task_count * study.votes:,} votes, "
        f"{len(study.pages):,} pages of {len(study.pages[0].items)} clips, {len(study.rater_lists)} rater lists",
        highlight=False,
        soft_wrap=True,
    )
    for warning in created.warnings:
        errors.print(f"warning: {warning}", highlight=False, markup=False, soft_wrap=True)
    errors.print(
        f"on Mechanical Turk, publish batch_input.csv with hit_{study.kind}.html and {study.votes} assignments a HIT; "
        f"anywhere else, hand out survey/ with media/, or use: avbench study serve {created.folder}",
        highlight=False,
        soft_wrap=True,
    )
    errors.print(
        f"keep {created.folder}/private to yourself: the key, what was checked of the design (design.md) and what the "
        f"files give away (leaks.md) lie there. What it costs: avbench study cost {created.folder} --wage AN-HOUR",
        highlight=False,
        soft_wrap=True,
    )


def _source(text: str) -> ClipSource:
    from reports.study.design.draw import ClipSource

    name, equals, path = text.partition("=")
    dataset, colon, method = (part.strip() for part in name.rpartition(":"))
    if not equals or not path or not method or (colon and not dataset):
        raise UsageError(f'--clips takes [DATASET:]METHOD=PATH, not "{text}"')
    return ClipSource(dataset=dataset, method=method, path=Path(path))


def _gold(text: str) -> GoldSource:
    from reports.study.config import GoldSource

    name, equals, path = text.partition("=")
    task, _, answers = name.rpartition(":")
    accepted = tuple(answer.strip() for answer in answers.split(",") if answer.strip())
    if not equals or not path or not accepted:
        raise UsageError(f'--gold takes [TASK:]ANSWER[,ANSWER]=PATH, not "{text}"')
    return GoldSource(task=task.strip(), accepted=accepted, path=Path(path))


def _secret(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--secret {path}: it cannot be read ({error})") from error
