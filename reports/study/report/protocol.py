"""The protocol sheet: what a reader must know to judge or repeat a study (the items of a HEDS data sheet)."""

from collections.abc import Iterator, Sequence

from reports.study.report.reported import Reported
from reports.study.report.sheet import Sheet

_PLATFORMS = {
    "mturk": "Amazon Mechanical Turk",
    "prolific": "Prolific",
    "toloka": "Toloka",
    "label-studio": "Label Studio",
    "export": "own page, offline",
    "server": "own page, served",
    "tidy": "tidy CSV",
}


def protocol(reported: Sequence[Reported]) -> Sheet:
    """One line a fact, study by study."""
    rows = [(one.study.study_id, item, value) for one in reported for item, value in _facts(one)]
    return Sheet(name="protocol", title="Protocol sheet", headings=("Study", "Item", ""), rows=tuple(rows), left=3)


def _facts(one: Reported) -> Iterator[tuple[str, str]]:
    study, media = one.study, one.study.media
    kinds = [name["name"].split(".")[-1] for name in one.counts["inputs"]]
    times = sorted(time for time in one.votes["timestamp"] if time)
    rating = one.keyed.key[one.keyed.key["kind"] == "rating"]
    yield "answers from", ", ".join(_PLATFORMS.get(kind, kind) for kind in dict.fromkeys(kinds))
    yield "first and last vote", f"{times[0]} to {times[-1]}" if times else "not recorded"
    for task in study.tasks:
        shown = {"both": "picture and sound", "muted": "picture without sound", "hidden": "sound without picture"}
        yield f"question: {task.name}", f"{task.question} ({shown[task.presentation]})"
        yield (
            f"scale: {task.name}",
            "; ".join(
                f"{anchor.answer} {anchor.label}" + (f": {anchor.meaning}" if anchor.meaning else "")
                for anchor in task.scale
            ),
        )
    for dataset, method, clips in rating.groupby(["dataset", "method"]).size().reset_index().itertuples(index=False):
        sources = rating[(rating["dataset"] == dataset) & (rating["method"] == method)]["source_id"].nunique()
        yield f"clips: {dataset}, {method}", f"{clips:,} of {sources:,} sources, drawn with seed {study.seed}"
    yield "votes wanted", f"{study.votes} distinct raters for each question about each clip"
    yield "raters with a valid vote", f"{one.numbers(screened=False).raters:,}"
    yield (
        "pages",
        (
            f"{len(study.pages):,}, each of {study.items_per_page} clips to rate, {study.gold_per_page} gold and "
            f"{study.attention_per_page} attention"
        ),
    )
    yield "practice clips", str(len(study.practice))
    yield (
        "shown as",
        (
            f"{media.size} x {media.size} px, {media.fps:g} fps, {media.seconds:g} s, {media.sample_rate} Hz, "
            f"{media.channels} channel(s), {media.loudness_lufs:g} LUFS, {media.video_codec} and {media.audio_codec} "
            f"in {media.container}; every clip, real ones too, through the same encoding"
        ),
    )
    yield "instructions", f"version {study.texts.version}, SHA-256 {study.texts_sha256}"
    yield "purpose", study.texts.purpose
    yield "pay", study.texts.pay
    yield "what is stored", study.texts.stored
    yield "gold answers used", f"{one.analysis.gold_answers:,}" if one.keyed.gold else "the study has no gold clips"
    yield "made by", f"avbench {study.avbench_version}"
