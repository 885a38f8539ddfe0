"""A study together with its key: what tells a vote's method and whether an answer to a gold clip is right.

The key lies in `private/`, apart from everything that raters see.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from avbench.errors import DataError
from reports.study.study import Screening, read_study

PRIVATE = "private"
KEY_COLUMNS = ("clip_id", "study_id", "part", "dataset", "method", "source_id", "kind")
_GOLD_COLUMNS = ("clip_id", "task", "accepted")
_KINDS = ("rating", "gold", "practice")


@dataclass(frozen=True, kw_only=True)
class KeyedStudy:
    """What ingestion and analysis need of a study."""

    study_id: str
    votes: int  # wanted for each question about each clip
    pages: Mapping[str, tuple[str, tuple[str, ...]]]  # page id -> task, clip ids in order, gold among them
    key: pd.DataFrame  # one row a clip, columns KEY_COLUMNS
    gold: Mapping[tuple[str, str], frozenset[str]]  # (clip, task) -> accepted answers
    secret: bytes | None  # None keeps raters' ids as they are: for data without people
    screening: Screening
    clip_seconds: float

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Clip id -> rating, gold or practice."""
        return dict(zip(self.key["clip_id"], self.key["kind"], strict=True))

    @cached_property
    def parts(self) -> dict[str, str]:
        """Clip id -> mos or turing."""
        return dict(zip(self.key["clip_id"], self.key["part"], strict=True))

    @property
    def wanted(self) -> pd.DataFrame:
        """Columns page_id, clip_id, task: each question about a clip to rate, once for each page that asks it."""
        rating = set(self.key.loc[self.key["kind"] == "rating", "clip_id"])
        rows = [
            (page_id, clip, task) for page_id, (task, clips) in self.pages.items() for clip in clips if clip in rating
        ]
        return pd.DataFrame(rows, columns=["page_id", "clip_id", "task"])


def read_keyed_study(folder: Path) -> KeyedStudy:
    """The study in `folder` with its key.

    Raises:
        UsageError: there is no study.
        DataError: study, key, gold or secret are missing or damaged, or the key is another study's.
    """
    study = read_study(folder)
    private = folder / PRIVATE
    key = read_key(private / "key.csv", study.study_id)
    asked = {item.clip_id for page in study.pages for item in page.items}
    if unknown := sorted(asked - set(key["clip_id"])):
        raise DataError(
            f"{private / 'key.csv'}: {len(unknown)} clip(s) of the study's pages are not in it, the first is "
            f"{unknown[0]}; restore the key that was written with the study"
        )
    return KeyedStudy(
        study_id=study.study_id,
        votes=study.votes,
        pages={page.page_id: (page.task, tuple(item.clip_id for item in page.items)) for page in study.pages},
        key=key,
        gold=read_gold(private / "gold.csv") if (key["kind"] == "gold").any() else {},
        secret=_read_secret(private / "secret"),
        screening=study.screening,
        clip_seconds=study.media.seconds,
    )


def read_key(path: Path, study_id: str) -> pd.DataFrame:
    """The key as text columns `KEY_COLUMNS`.

    Raises:
        DataError: the file is missing or damaged, names a clip twice, an unknown kind, or another study.
    """
    rows = _read(path, KEY_COLUMNS, "without it no vote can be told to a method")
    key = pd.DataFrame(rows, columns=list(KEY_COLUMNS))
    if twice := sorted(set(key.loc[key["clip_id"].duplicated(), "clip_id"])):
        raise DataError(f"{path}: the clip {twice[0]} stands there more than once; restore the key from a copy")
    if others := sorted(set(key["study_id"]) - {study_id}):
        raise DataError(f'{path}: it is the key of the study "{others[0]}", not of "{study_id}"')
    if kinds := sorted(set(key["kind"]) - set(_KINDS)):
        raise DataError(f'{path}: there is no kind "{kinds[0]}"; known: {", ".join(_KINDS)}')
    return key


def read_gold(path: Path) -> dict[tuple[str, str], frozenset[str]]:
    """Accepted answers by clip and task.

    Raises:
        DataError: the file is missing or damaged.
    """
    rows = _read(path, _GOLD_COLUMNS, "without it gold answers cannot be judged")
    return {(row["clip_id"], row["task"]): frozenset(row["accepted"].split(";")) for row in rows}


def _read_secret(path: Path) -> bytes:
    advice = "restore it from a copy: with another secret, raters would get other pseudonyms"
    try:
        secret = bytes.fromhex(path.read_text().strip())
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing; {advice}") from error
    except ValueError as error:
        raise DataError(f"{path}: it is not hexadecimal; {advice}") from error
    if not secret:
        raise DataError(f"{path} is empty; {advice}")
    return secret


def _read(path: Path, columns: tuple[str, ...], why: str) -> list[dict[str, str]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing; {why}. Restore it from a copy") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: it is damaged ({error}); restore it from a copy") from error
    if not rows or set(columns) - set(rows[0]) or any(None in row or None in row.values() for row in rows):
        raise DataError(f"{path}: wanted rows with the columns {', '.join(columns)}; restore it from a copy")
    return [{name: row[name] for name in columns} for row in rows]
