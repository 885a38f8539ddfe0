"""The files that ingestion leaves: what everybody may read in `ingested/`, what tells of people in `private/`."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from avbench.workspace import atomic_write
from reports.study.ingest import defects
from reports.study.ingest.records import AnswerFile
from reports.study.ingest.review import REPUBLISH_COLUMNS, REVIEW_COLUMNS, republish_rows, review_rows
from reports.study.ingest.rules import VOTE_COLUMNS, Judged
from reports.study.keyed import PRIVATE, KeyedStudy
from reports.study.privacy import csv_text, pseudonym

INGESTED = "ingested"


def write(folder: Path, files: Sequence[tuple[str, AnswerFile]], judged: Judged, study: KeyedStudy) -> tuple[int, int]:
    """Write all files of an ingestion; returns how many questions lack votes, and how many assignments await review."""
    public, private = folder / INGESTED, folder / PRIVATE
    republish = republish_rows(judged.votes[judged.votes["clip_id"].map(study.kinds) == "rating"], study)
    review = list(review_rows([file for _, file in files], study))
    atomic_write(private / "raters.csv", csv_text(("platform_id", "rater_id"), sorted(judged.raters.items())))
    atomic_write(private / "comments.csv", csv_text(("rater_id", "file", "comment"), _comments(files, study)))
    atomic_write(private / "review.csv", csv_text(REVIEW_COLUMNS, review))
    atomic_write(public / "votes.csv", votes_csv(judged.votes))
    atomic_write(public / "defects.csv", csv_text(defects.COLUMNS, [defect.cells() for defect in judged.defects]))
    atomic_write(public / "republish.csv", csv_text(REPUBLISH_COLUMNS, republish))
    atomic_write(public / "ingest.json", json.dumps(_counts(files, judged, study), indent=1) + "\n")
    return len(republish), len(review)


def votes_csv(votes: pd.DataFrame) -> str:
    """Votes as CSV with the columns `VOTE_COLUMNS`; what was not recorded is an empty cell."""
    rows = votes.astype(object).where(votes.notna(), None)
    return csv_text(VOTE_COLUMNS, rows.itertuples(index=False))


def _comments(files: Sequence[tuple[str, AnswerFile]], study: KeyedStudy) -> list[tuple[str, str, str]]:
    found = []
    for name, file in files:
        texts = [(submission.rater, submission.comment) for submission in file.submissions if submission.comment]
        found += [(pseudonym(study.secret, rater), name, text) for rater, text in (*texts, *file.comments)]
    return sorted(found)


def _counts(files: Sequence[tuple[str, AnswerFile]], judged: Judged, study: KeyedStudy) -> dict[str, object]:
    return {
        "study_id": study.study_id,
        "inputs": [{"name": name, "rows": len(file.submissions)} for name, file in files],
        "rows": judged.rows,
        "votes_in": judged.votes_in,
        "votes_in_dropped_rows": judged.votes_in_dropped_rows,
        "votes_dropped": judged.votes_dropped,
        "votes_valid": judged.votes_valid,
        "raters": len(judged.raters),
        "defects": dict(sorted(Counter(defect.reason for defect in judged.defects).items())),
    }
