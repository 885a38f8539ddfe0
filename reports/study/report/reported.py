"""A study with everything that its report is made of."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from avbench.errors import DataError
from reports.study.analysis.analysis import Analysis, Numbers, analyse
from reports.study.analysis.bootstrap import DRAWS
from reports.study.ingest.ingest import read_ingested
from reports.study.ingest.write import INGESTED
from reports.study.keyed import KeyedStudy, read_keyed_study
from reports.study.study import Study, read_study


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """Design, key, votes and numbers of one study."""

    folder: Path
    study: Study
    keyed: KeyedStudy
    votes: pd.DataFrame  # valid ones, gold among them
    counts: dict[str, Any]  # what ingestion counted
    analysis: Analysis

    def numbers(self, *, screened: bool) -> Numbers:
        """What the screened votes say, or all."""
        return self.analysis.screened if screened else self.analysis.unscreened


def read_reported(
    folder: Path, *, ground_truth: str | None = None, focus: str | None = None, seed: int = 0, draws: int = DRAWS
) -> Reported:
    """Read and analyse the study in `folder`; the options are those of `analyse`.

    Raises:
        UsageError: there is no study, or nothing was ingested.
        DataError: a file of it is missing or damaged, or there is no vote to report.
    """
    keyed = read_keyed_study(folder)
    votes = read_ingested(folder)
    path = folder / INGESTED / "ingest.json"
    try:
        counts = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError) as error:
        raise DataError(f"{path} is missing or damaged; give `avbench study ingest {folder}` again") from error
    return Reported(
        folder=folder,
        study=read_study(folder),
        keyed=keyed,
        votes=votes,
        counts=counts,
        analysis=analyse(votes, keyed, ground_truth=ground_truth, focus=focus, seed=seed, draws=draws),
    )
