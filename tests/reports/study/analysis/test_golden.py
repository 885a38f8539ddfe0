"""The worked examples: every number of a report, to 1e-9."""

import json
from dataclasses import asdict
from typing import Any

import pandas as pd
import pytest
from golden_study import EXPECTED, GOLDEN, STUDY_ID, keyed

from reports.study.analysis.analysis import Analysis, analyse
from reports.study.ingest.adapters import read_answers
from reports.study.ingest.rules import judge
from reports.study.keyed import KeyedStudy, read_key
from reports.study.study import Screening


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    judged = judge([("a", read_answers(GOLDEN / "answers.csv", STUDY_ID))], keyed())
    return analyse(judged.votes, keyed(), draws=0)


@pytest.fixture(scope="module")
def tiny() -> Analysis:
    study = KeyedStudy(
        study_id="tiny",
        votes=3,
        pages={},
        key=read_key(GOLDEN / "tiny" / "key.csv", "tiny"),
        gold={},
        secret=None,
        screening=Screening(),
        clip_seconds=1.6,
    )
    judged = judge([("a", read_answers(GOLDEN / "tiny" / "votes.csv", "tiny"))], study)
    return analyse(judged.votes, study, draws=0)


def assert_holds(found: Any, expected: Any, where: str = "") -> None:
    """All of `expected` is in `found`, numbers within 1e-9; what else is found does not matter."""
    if isinstance(expected, dict):
        for name in expected:
            assert name in found, f"{where}.{name} is missing"
            assert_holds(found[name], expected[name], f"{where}.{name}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for number, (mine, theirs) in enumerate(zip(found, expected, strict=True)):
            assert_holds(mine, theirs, f"{where}[{number}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=1e-9, rel=1e-9), where
    else:
        assert found == expected, where


def by_task(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(lines, key=lambda line: (line["dataset"], line["task"]))


def without_rounding(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in line.items() if name != "pass_percent_1dp"} for line in lines]


def test_screening_leaves_out_the_same_raters_for_the_same_reasons(analysis):
    assert analysis.screening.excluded == EXPECTED["raters"]["excluded"]
    assert len(analysis.screening.raters) == EXPECTED["raters"]["total"]
    assert analysis.screened.votes == EXPECTED["votes_after_screening"]


def test_what_screening_looks_at(analysis):
    found = {rater: asdict(seen) for rater, seen in analysis.screening.raters.items()}
    assert_holds(found, EXPECTED["rater_diagnostics"])


def test_opinion_scores_with_all_intervals(analysis):
    assert_holds([asdict(cell) for cell in analysis.screened.opinions], EXPECTED["mos"])


def test_pass_rates_with_intervals(analysis):
    assert_holds([asdict(cell) for cell in analysis.screened.passes], without_rounding(EXPECTED["turing"]))


def test_agreement(analysis):
    assert_holds([asdict(line) for line in analysis.screened.agreements], by_task(EXPECTED["agreement"]))


def test_pairs_of_methods(analysis):
    names = {"statistic": "mwu_U", "p": "mwu_p", "p_holm": "mwu_p_holm"}
    found = [{names.get(name, name): value for name, value in asdict(t).items()} for t in analysis.screened.pairs]
    assert_holds(found, EXPECTED["pairs"])


def test_gap_to_real_clips(analysis):
    assert_holds([asdict(gap) for gap in analysis.screened.gaps], EXPECTED["turing_gap"])


def test_everything_without_screening(analysis):
    expected, numbers = EXPECTED["unscreened"], analysis.unscreened
    assert_holds([asdict(cell) for cell in numbers.opinions], expected["mos"])
    assert_holds([asdict(cell) for cell in numbers.passes], expected["turing"])
    assert_holds([asdict(line) for line in numbers.agreements], by_task(expected["agreement"]))


def test_the_tiny_example_by_hand(tiny):
    expected = json.loads((GOLDEN / "tiny" / "expected.json").read_text())
    assert_holds([asdict(cell) for cell in tiny.unscreened.opinions], expected["mos"])
    assert_holds([asdict(cell) for cell in tiny.unscreened.passes], without_rounding(expected["turing"]))
    assert_holds([asdict(line) for line in tiny.unscreened.agreements], by_task(expected["agreement"]))


def test_the_tiny_example_has_a_number_for_everything_the_readers_see(tiny):
    ours = next(cell for cell in tiny.screened.opinions if cell.method == "ours")
    assert (ours.mean, ours.histogram) == (4.0, {"1": 0, "2": 0, "3": 1, "4": 4, "5": 1})
    assert pd.Series([test.mark for test in tiny.screened.pairs]).eq("ns").all()
