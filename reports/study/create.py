"""Creating a study: from clip sets to a folder that can be published.

All is made in a folder beside the study's, `.NAME.making`, and moved at the end. A command that was interrupted is
given again, and goes on from the clips that are encoded.
"""

import dataclasses
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avbench import __version__
from avbench.errors import MachineError, UsageError
from avbench.media.filters import ffmpeg_program
from avbench.progress import Progress, silent
from avbench.workspace import atomic_write, lock, machine_errors
from reports.study.config import CreateConfig
from reports.study.design.checks import Check, check_design
from reports.study.design.clips import new_secret
from reports.study.design.design import design_study
from reports.study.files import Secrets, write_batch, write_design_report, write_leak_report, write_private
from reports.study.keyed import PRIVATE
from reports.study.media.encode import media_of, pad_alike
from reports.study.media.leaks import LeakReport, find_leaks
from reports.study.media.produce import file_of, produce
from reports.study.pages import write_pages
from reports.study.selection import Casting, Selection
from reports.study.study import MEDIA_FOLDER, Screening, Study, write_study
from reports.study.texts import texts

_ENCODED, _WHOLE, _SETTINGS, _SECRET = "encoded", "study", "settings.json", "secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A study that was created, and what was found out about it."""

    folder: Path
    study: Study
    checks: tuple[Check, ...]
    leaks: LeakReport
    warnings: tuple[str, ...]  # to heed before publishing


def create_study(config: CreateConfig, progress: Progress = silent) -> Created:
    """Make the study's folder, whole or not at all.

    Raises:
        UsageError: the folder exists, the request is infeasible (the message names the constraint), or an interrupted
            study of other settings waits there.
        DataError: a set has too few clips, or clips without sound or picture, or they cannot be read.
        MachineError: there is no ffmpeg, or the folder cannot be written.
    """
    _refuse_existing(config.out)
    ffmpeg_program()
    casting = Casting(config)
    making = config.out.parent / f".{config.out.name}.making"
    settings = _settings(config, casting.fingerprints)
    secret = config.secret or _kept_secret(making, settings) or new_secret()
    selection = casting.select(secret)
    study = _study(config, secret, selection)
    selection = selection.only(study.clip_ids)  # a small study does not show all checks of attention
    checks = check_design(study, selection.clips)
    assert all(check.holds for check in checks), [check for check in checks if not check.holds]

    with lock(making):
        _refuse_existing(config.out)  # whoever held the folder until now may have finished it
        _begin(making, settings, secret)
        media = study.media
        facts = produce(selection.productions, making / _ENCODED, media, workers=config.workers, progress=progress)
        whole = making / _WHOLE
        with machine_errors(whole):
            shutil.rmtree(whole, ignore_errors=True)
            whole.mkdir()
        size = pad_alike({clip_id: file_of(making / _ENCODED, clip_id) for clip_id in facts}, whole / MEDIA_FOLDER)
        leaks = find_leaks(selection.clips, facts, dict.fromkeys(facts, size), config.seed)
        _write_files(study, Secrets(secret=secret, clips=selection.clips, golds=selection.golds), checks, leaks, whole)
        with machine_errors(config.out):
            whole.rename(config.out)
        shutil.rmtree(making)
    warnings = (*leaks.warnings, *casting.warnings)
    return Created(folder=config.out, study=study, checks=tuple(checks), leaks=leaks, warnings=warnings)


def _study(config: CreateConfig, secret: str, selection: Selection) -> Study:
    design = design_study(config.design(secret), selection.clips, selection.golds)
    return Study(
        study_id=config.name,
        kind=config.kind,
        tasks=config.tasks,
        votes=config.votes,
        items_per_page=design.items_per_page,
        gold_per_page=config.gold_per_page,
        attention_per_page=config.attention_per_page,
        clip_repeats=config.clip_repeats,
        pages=design.pages,
        rater_lists=design.rater_lists,
        practice=selection.practice,
        media=media_of(config.spec, config.loudness_lufs),
        media_url=config.address,
        completion_code=config.completion_code,
        screening=Screening(),
        texts=texts(config.kind, contact=config.contact, pay=config.pay),
        seed=config.seed,
        avbench_version=__version__,
    )


def _write_files(study: Study, hidden: Secrets, checks: Sequence[Check], leaks: LeakReport, folder: Path) -> None:
    write_study(study, folder)
    write_batch(study, folder / "batch_input.csv")
    write_pages(study, folder)
    private = folder / PRIVATE
    write_private(study, hidden, private)
    write_design_report(study, checks, private / "design.md")
    write_leak_report(leaks, private)


def _refuse_existing(out: Path) -> None:
    if out.exists():
        raise UsageError(f"{out} exists; a study is never overwritten, so choose another --out")


def _settings(config: CreateConfig, fingerprints: Mapping[str, str]) -> dict[str, Any]:
    """All that decides the files, but for the secret, as JSON has it."""
    table = dataclasses.asdict(config) | {"clipsets": dict(fingerprints), "version": __version__}
    for name in ("workers", "out", "secret"):
        del table[name]
    plain: dict[str, Any] = json.loads(json.dumps(table, default=str))
    return plain


def _kept_secret(making: Path, settings: Mapping[str, Any]) -> str | None:
    """The secret of an interrupted study of the same settings."""
    try:
        kept = json.loads((making / _SETTINGS).read_bytes())
        secret = (making / _SECRET).read_text().strip()
    except (OSError, ValueError):
        return None  # nothing was begun
    if kept != settings:
        differing = sorted(name for name in {*kept, *settings} if kept.get(name) != settings.get(name))
        raise UsageError(
            f"{making} holds an interrupted study of other settings ({', '.join(differing)} differ); give its command "
            "again, delete that folder, or choose another --out"
        )
    return secret


def _begin(making: Path, settings: Mapping[str, Any], secret: str) -> None:
    kept = _kept_secret(making, settings)
    if kept not in (None, secret):
        raise MachineError(f"{making}: clips there were encoded under another secret; give its command again")
    (making / _ENCODED).mkdir(exist_ok=True)
    atomic_write(making / _SECRET, secret)
    (making / _SECRET).chmod(0o600)
    atomic_write(making / _SETTINGS, json.dumps(settings))
