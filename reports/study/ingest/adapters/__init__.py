"""One file for each kind of results: how it is recognised, and how it becomes submissions.

A new platform is a module here with a function from an `AnswerTable`, or from parsed JSON, to an `AnswerFile`, and one
line below.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from avbench.errors import DataError, UsageError
from reports.study.ingest.adapters import label_studio, mturk, own, prolific, tidy, toloka
from reports.study.ingest.records import AnswerFile, Published
from reports.study.ingest.table import AnswerTable, read_table

# Told apart by their header, the first that fits.
_TABLES: tuple[tuple[Callable[[AnswerTable], bool], Callable[[AnswerTable], AnswerFile]], ...] = (
    (toloka.recognises, toloka.read),
    (prolific.recognises, prolific.read),
    (tidy.recognises, tidy.read),
)
_DOCUMENTS: tuple[tuple[Callable[[Any], bool], Callable[[Path, Any], AnswerFile]], ...] = (
    (own.recognises, own.read_export_file),
    (label_studio.recognises, label_studio.read),
)


def read_answers(path: Path, study_id: str, published: Published | None = None) -> AnswerFile:
    """The answers in `path`, whatever platform they are from.

    Args:
        path: the file.
        study_id: the study that `published` belongs to.
        published: the published HITs, for Mechanical Turk results without `Input` columns.

    Raises:
        UsageError: there is no such file.
        DataError: it is damaged, or of no kind that is known.
    """
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file of results")
    if path.suffix == ".jsonl":
        return own.read_server_file(path)
    if path.suffix == ".json":
        return _read_document(path)
    table = read_table(path)
    if mturk.recognises(table):
        return mturk.read(table, study_id, published)
    for recognises, read in _TABLES:
        if recognises(table):
            return read(table)
    raise DataError(
        f"{path}: these columns are of no known kind of results (Mechanical Turk, Prolific, Toloka, Label Studio, our "
        f"own page, or tidy CSV with the columns {', '.join(tidy.COLUMNS)}); found {', '.join(table.columns[:8])}"
    )


def _read_document(path: Path) -> AnswerFile:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: it is not JSON ({error}); export the answers again") from error
    for recognises, read in _DOCUMENTS:
        if recognises(document):
            return read(path, document)
    raise DataError(f"{path}: this JSON is neither an export of our own page nor of Label Studio")
