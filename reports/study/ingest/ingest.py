"""`avbench study ingest`: take files of answers into a study, and write its valid votes and what was wrong.

STUDY/ingested/votes.csv        valid votes, tidy, by pseudonym; gold among them, nobody screened yet
STUDY/ingested/defects.csv      every defect: file, row, column, value, reason, effect
STUDY/ingested/republish.csv    questions that lack votes
STUDY/ingested/ingest.json      inputs and counts, which add up
STUDY/private/inputs/           the files as they came
STUDY/private/{raters,comments,review}.csv    platform's ids, free text, proposals for approval
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from avbench.errors import DataError, UsageError
from avbench.workspace import atomic_write, lock, sha256_file
from reports.study.ingest.adapters import read_answers
from reports.study.ingest.inputs import keep, kept_inputs, server_file
from reports.study.ingest.records import AnswerFile, Published
from reports.study.ingest.rules import VOTE_COLUMNS, Judged, judge
from reports.study.ingest.table import read_table
from reports.study.ingest.write import INGESTED, write
from reports.study.keyed import PRIVATE, KeyedStudy, read_keyed_study


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What one `ingest` did."""

    study_id: str
    added: tuple[tuple[Path, str], ...]  # files taken in, and their names in defects.csv
    known: tuple[Path, ...]  # files that had been ingested before, byte by byte
    judged: Judged
    republish: int  # questions that lack votes
    review: int  # assignments that wait for approval
    folder: Path  # of what was written


def ingest(
    folder: Path, results: Sequence[Path] = (), *, published: Path | None = None, strict: bool = False
) -> Ingested:
    """Take `results` into the study in `folder`, and make its votes anew from all that it was ever given.

    Args:
        folder: the study.
        results: files of answers; what the study's own server wrote is read in any case.
        published: table of published HITs (columns HITId and page_id), for results without `Input` columns; it is kept.
        strict: refuse any defect.

    Raises:
        UsageError: there is no such study or file, or no answers at all.
        DataError: a file is damaged, of no known kind, or wholly another study's; or there are defects and `strict` is
            given. Nothing is written then.
        MachineError: another command is writing into the study.
    """
    study = read_keyed_study(folder)
    with lock(folder / PRIVATE):
        hits = _published(folder, published, study)
        kept, new, known = _sorted_out(folder, results, study, hits)
        if not kept and not server_file(folder).is_file():
            raise UsageError(
                f"{folder}: no answers yet; name files of results, or collect votes with `avbench study serve`"
            )
        files = [(f"{number:04d}", read_answers(path, study.study_id, hits)) for number, path in kept]
        named = [(f"{number}.{file.kind}", file) for number, file in files]
        if server_file(folder).is_file():
            named.append(("server", read_answers(server_file(folder), study.study_id)))
        judged = judge(named, study)
        if strict and judged.defects:
            raise DataError(_refusal(judged))
        for path in new:
            keep(folder, path)
        if published is not None:
            atomic_write(folder / PRIVATE / "published.csv", published.read_bytes())
        republish, review = write(folder, named, judged, study)
    names = {path: name for (_, path), (name, _) in zip(kept, named, strict=False)}
    return Ingested(
        study_id=study.study_id,
        added=tuple((path, names[path]) for path in new),
        known=tuple(known),
        judged=judged,
        republish=republish,
        review=review,
        folder=folder / INGESTED,
    )


def _sorted_out(
    folder: Path, results: Sequence[Path], study: KeyedStudy, hits: Published | None
) -> tuple[list[tuple[int, Path]], list[Path], list[Path]]:
    """All inputs with their numbers, the new ones among `results` last; the new ones; and those known byte by byte."""
    before = kept_inputs(folder)
    digests = {kept.sha256 for kept in before}
    new: list[Path] = []
    known: list[Path] = []
    for path in results:
        if path.resolve() == server_file(folder).resolve():
            continue
        _refuse_another_studys(path, read_answers(path, study.study_id, hits), study)
        digest = sha256_file(path)
        (known if digest in digests else new).append(path)
        digests.add(digest)
    last = max((kept.number for kept in before), default=0)
    return [(kept.number, kept.path) for kept in before] + list(enumerate(new, start=last + 1)), new, known


def read_ingested(folder: Path) -> pd.DataFrame:
    """The valid votes of the study in `folder`, as `ingest` wrote them.

    Raises:
        UsageError: nothing was ingested yet.
    """
    path = folder / INGESTED / "votes.csv"
    if not path.is_file():
        raise UsageError(
            f"{path} does not exist; give the study its answers with `avbench study ingest {folder} RESULTS`"
        )
    text = {name: str for name in VOTE_COLUMNS if name not in ("seconds", "position", "plays")}
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values={"seconds": "", "position": "", "plays": ""})


def _published(folder: Path, given: Path | None, study: KeyedStudy) -> Published | None:
    """The published HITs: from the table that is given now, or else the one that was kept."""
    path = given or folder / PRIVATE / "published.csv"
    if given is None and not path.is_file():
        return None
    if not path.is_file():
        raise UsageError(f"{path}: there is no such table of published HITs")
    table = read_table(path)
    page = next((name for name in ("page_id", "Input.page_id") if name in table.columns), "page_id")
    table.require("HITId", page)
    hits = {}
    for number, row in enumerate(table.rows, start=2):
        if row[page] not in study.pages:
            raise DataError(f"{path}, row {number}: the study has no page {row[page]}")
        hits[row["HITId"]] = (row[page], *study.pages[row[page]])
    return hits


def _refuse_another_studys(path: Path, file: AnswerFile, study: KeyedStudy) -> None:
    found = Counter(submission.study_id for submission in file.submissions)
    if found and study.study_id not in found:
        other = found.most_common(1)[0][0]
        raise DataError(f'{path}: these are answers to the study "{other}", not to "{study.study_id}"')


def _refusal(judged: Judged) -> str:
    counts = Counter(defect.reason for defect in judged.defects)
    first = judged.defects[0]
    row = "" if first.row is None else f", row {first.row}"
    told = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
    return (
        f"--strict, and there are {len(judged.defects):,} defects ({told}); the first: {first.reason} in "
        f'{first.file or "the votes"}{row} {first.column} "{first.value}". '
        "Without --strict they are listed and the rest is used"
    )
