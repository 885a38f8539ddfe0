"""The files of a study besides its pages: the platform's batch, the key, and what was found out when it was made."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from avbench.workspace import atomic_write
from reports.study.design.checks import Check
from reports.study.design.clips import GoldClip, StudyClip
from reports.study.keyed import KEY_COLUMNS
from reports.study.media.leaks import Distribution, LeakReport
from reports.study.privacy import csv_text
from reports.study.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What raters must not see."""

    secret: str  # 64 hexadecimal digits
    clips: tuple[StudyClip, ...]
    golds: tuple[GoldClip, ...]


def write_batch(study: Study, path: Path) -> None:
    """Mechanical Turk's table: one row a page, with the columns that the layout's variables name.

    UTF-8, plain ASCII values, LF; never a method.
    """
    places = range(1, len(study.pages[0].items) + 1)
    columns = ["study_id", "page_id", "task", *(f"clip_{k}" for k in places), *(f"url_{k}" for k in places)]
    rows = [
        [
            study.study_id,
            page.page_id,
            page.task,
            *(item.clip_id for item in page.items),
            *(f"{study.media_url}/{item.clip_id}.mp4" for item in page.items),
        ]
        for page in study.pages
    ]
    atomic_write(path, csv_text(columns, rows))


def write_private(study: Study, hidden: Secrets, folder: Path) -> None:
    """The secret, the key and the gold answers, for nobody but the owner."""
    folder.mkdir(mode=0o700, exist_ok=True)
    atomic_write(folder / "secret", hidden.secret + "\n")
    atomic_write(folder / "key.csv", csv_text(KEY_COLUMNS, _key_rows(study, hidden)))
    gold = sorted((gold.task, gold.clip_id, ";".join(gold.accepted)) for gold in hidden.golds)
    rows = [(clip_id, task, accepted) for task, clip_id, accepted in gold]
    atomic_write(folder / "gold.csv", csv_text(["clip_id", "task", "accepted"], rows))


def write_design_report(study: Study, checks: Sequence[Check], path: Path) -> None:
    """What holds of the design, and where."""
    lines = [
        f"# Design of {study.study_id}",
        "",
        f"{study.task_count:,} tasks (a question about a clip), {study.task_count * study.votes:,} votes, "
        f"{len(study.pages):,} pages of {len(study.pages[0].items)} clips ({study.gold_per_page} gold, "
        f"{study.attention_per_page} attention), {len(study.rater_lists)} rater lists.",
        "",
        "Where raters choose pages themselves, as on Mechanical Turk, only what stands on one page can be promised; "
        "the rest holds where raters work through the study's lists: on our own page, or with a list for each "
        "qualification group.",
        "",
        "| constraint | holds | found | where |",
        "| --- | --- | --- | --- |",
        *(
            f"| {check.constraint} | {'yes' if check.holds else 'NO'} | {check.found} | "
            f"{'everywhere' if check.everywhere else 'with rater lists'} |"
            for check in checks
        ),
    ]
    atomic_write(path, "\n".join(lines) + "\n")


def write_leak_report(report: LeakReport, folder: Path) -> None:
    """`leaks.csv`, the distributions by method, and `leaks.md`, how well they tell methods apart."""
    names = [field.name for field in fields(Distribution)]
    atomic_write(folder / "leaks.csv", csv_text(names, [astuple(one) for one in report.distributions]))
    found = report.warnings
    lines = [
        "# What the files give away",
        "",
        *([f"- WARNING: {warning}" for warning in found] or ["No number tells methods apart."]),
        "",
        "AUC of a threshold rule on one number (0.5: chance), p after correction for all numbers and pairs.",
        "",
        "| data set | methods | number | AUC | p |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {one.dataset} | {' / '.join(one.methods)} | {one.feature} | {one.auc:.3f} | {one.p:.3f} |"
            for one in report.separations
        ),
    ]
    atomic_write(folder / "leaks.md", "\n".join(lines) + "\n")


def _key_rows(study: Study, hidden: Secrets) -> Iterable[tuple[str, ...]]:
    rows = [
        (clip.clip_id, study.study_id, study.kind, clip.dataset, clip.method, clip.source_id, "rating")
        for clip in hidden.clips
    ]
    for clip_id in {gold.clip_id for gold in hidden.golds}:
        rows.append((clip_id, study.study_id, study.kind, "", "", "", "gold"))
    for item in study.practice:
        rows.append((item.clip_id, study.study_id, study.kind, "", "", "", "practice"))
    return sorted(rows)
