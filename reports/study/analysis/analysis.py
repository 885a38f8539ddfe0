"""All numbers of a study's report, once with the screened votes and once with all."""

from dataclasses import dataclass

import pandas as pd

from avbench.errors import DataError
from reports.study import roles
from reports.study.analysis.agreement import Agreement, agreements
from reports.study.analysis.bootstrap import DRAWS
from reports.study.analysis.opinion import OpinionCell, opinion_cells
from reports.study.analysis.pairs import PairTest, pair_tests
from reports.study.analysis.position import Drift, drifts
from reports.study.analysis.raters import RaterLine, rater_lines
from reports.study.analysis.screening import Screened, screen
from reports.study.analysis.sensitivity import Treated, sensitivity
from reports.study.analysis.turing import Gap, PassCell, gaps, pass_cells
from reports.study.keyed import KeyedStudy
from reports.study.vote import TURING_TASK


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What a set of votes says."""

    votes: int
    raters: int
    opinions: tuple[OpinionCell, ...]
    passes: tuple[PassCell, ...]
    gaps: tuple[Gap, ...]
    agreements: tuple[Agreement, ...]
    pairs: tuple[PairTest, ...]
    drifts: tuple[Drift, ...]
    sensitivity: tuple[Treated, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A study's numbers, and the screening between its two sets of votes."""

    study_id: str
    ground_truth: str | None  # name of the method of real clips
    focus: str | None  # name of the method that others are compared with
    gold_answers: int
    screening: Screened
    screened: Numbers
    unscreened: Numbers
    raters: tuple[RaterLine, ...]


def analyse(
    votes: pd.DataFrame,
    study: KeyedStudy,
    *,
    ground_truth: str | None = None,
    focus: str | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> Analysis:
    """Screen the raters and compute every number of the report.

    Args:
        votes: valid votes as ingestion writes them, gold among them.
        study: the study with its key.
        ground_truth: name of the method of real clips; None takes the one with a usual name.
        focus: compare this method with each other; None takes one named "ours", and without it compares all with all.
        seed: of the bootstrap.
        draws: of the bootstrap; 0 for none.

    Raises:
        DataError: there are no votes, or the study has gold clips and not one answer to them came in.
        UsageError: the study has no method of the given name.
    """
    methods = set(study.key.loc[study.key["kind"] == "rating", "method"])
    truth = roles.find(methods, roles.GROUND_TRUTH, ground_truth, "--ground-truth")
    tested = roles.find(methods, roles.OURS, focus, "--focus")
    rating = _with_key(votes, study)
    if rating.empty:
        raise DataError(f"the study {study.study_id} has no valid vote yet; `avbench study ingest` tells why")
    gold_answers = int((votes["clip_id"].map(study.kinds) == "gold").sum())
    if study.gold and not gold_answers:
        # Otherwise the rule about gold would pass everybody without a word.
        raise DataError(
            f"the study {study.study_id} has gold clips, but none of its {len(votes):,} valid votes answers one, so "
            "that no rater was checked; see whether results with gold were left out, or the key is wrong about them"
        )
    screening = screen(votes, study)

    def numbers(some: pd.DataFrame) -> Numbers:
        return _numbers(some, study, truth, tested, seed, draws)

    opinions = rating[rating["task"] != TURING_TASK]
    return Analysis(
        study_id=study.study_id,
        ground_truth=truth,
        focus=tested,
        gold_answers=gold_answers,
        screening=screening,
        screened=numbers(screening.keep(rating)),
        unscreened=numbers(rating),
        raters=tuple(rater_lines(opinions, screening)),
    )


def _with_key(votes: pd.DataFrame, study: KeyedStudy) -> pd.DataFrame:
    """Rating votes with data set and method, and a score: 1 to 5, or for the Turing test whether the clip passed."""
    rating = study.key[study.key["kind"] == "rating"]
    joined = votes.merge(rating[["clip_id", "dataset", "method", "source_id"]], on="clip_id", how="inner")
    turing = joined["task"] == TURING_TASK
    score = joined["answer"].where(~turing, (joined["answer"] != "machine").astype(int))
    return joined.assign(score=pd.to_numeric(score).astype("float64"))


def _numbers(
    votes: pd.DataFrame, study: KeyedStudy, truth: str | None, tested: str | None, seed: int, draws: int
) -> Numbers:
    opinions, verdicts = votes[votes["task"] != TURING_TASK], votes[votes["task"] == TURING_TASK]
    passes = pass_cells(verdicts, seed=seed, draws=draws)
    return Numbers(
        votes=len(votes),
        raters=votes["rater_id"].nunique(),
        opinions=tuple(opinion_cells(opinions, seed=seed, draws=draws)),
        passes=tuple(passes),
        gaps=tuple(gaps(passes, truth)) if truth else (),
        agreements=tuple(agreements(votes)),
        pairs=tuple(
            pair_tests(opinions, study.key[(study.key["kind"] == "rating") & (study.key["part"] == "mos")], tested)
        ),
        drifts=tuple(drifts(votes)),
        sensitivity=tuple(sensitivity(opinions)),
    )
