"""The four rules, each at its limit."""

import pandas as pd
import pytest

from reports.study.analysis.screening import least_seconds, screen
from reports.study.keyed import KEY_COLUMNS, KeyedStudy
from reports.study.study import Screening

_CLIPS = [f"c{number:02d}" for number in range(40)]


def study(clip_seconds: float = 1.6) -> KeyedStudy:
    rows = [(clip, "s", "mos", "landscape", "ours", clip, "rating") for clip in _CLIPS]
    rows.append(("gold", "s", "mos", "landscape", "real", "g", "gold"))
    return KeyedStudy(
        study_id="s",
        votes=3,
        pages={},
        key=pd.DataFrame(rows, columns=list(KEY_COLUMNS)),
        gold={("gold", "video_quality"): frozenset({"4", "5"})},
        secret=None,
        screening=Screening(),
        clip_seconds=clip_seconds,
    )


def answers(rater: str, scores: list[int], *, seconds: float = 9.0, gold: tuple[str, ...] = ("5",)) -> list[tuple]:
    rows = [(rater, clip, "video_quality", str(score), seconds) for clip, score in zip(_CLIPS, scores, strict=False)]
    return rows + [(rater, "gold", "video_quality", answer, seconds) for answer in gold]


def excluded(*raters: list[tuple], clip_seconds: float = 1.6) -> dict[str, str]:
    votes = pd.DataFrame(
        [row for rater in raters for row in rater], columns=["rater_id", "clip_id", "task", "answer", "seconds"]
    )
    return screen(votes, study(clip_seconds)).excluded


_GOOD = [1, 2, 3, 4, 5] * 4
_OTHERS = (answers("x", _GOOD), answers("y", _GOOD))


def test_honest_raters_stay():
    assert excluded(*_OTHERS) == {}


@pytest.mark.parametrize(("gold", "out"), [(("5", "5", "1"), True), (("5", "4", "5", "1"), False), ((), False)])
def test_wrong_gold_answers(gold, out):
    assert ("z" in excluded(*_OTHERS, answers("z", _GOOD, gold=gold))) is out


@pytest.mark.parametrize(("seconds", "out"), [(2.9, True), (3.0, False)])
def test_answers_faster_than_anybody_can_judge(seconds, out):
    assert ("z" in excluded(*_OTHERS, answers("z", _GOOD, seconds=seconds))) is out


def test_nobody_judges_a_clip_in_less_than_it_lasts():
    assert least_seconds(study(clip_seconds=10.0)) == 10.0
    assert excluded(*_OTHERS, clip_seconds=10.0) == {"x": "too_fast", "y": "too_fast"}


@pytest.mark.parametrize(("scores", "out"), [([3] * 10, True), ([3] * 9, False), ([3] * 8 + [4] * 2, False)])
def test_straight_lines(scores, out):
    assert ("z" in excluded(*_OTHERS, answers("z", scores))) is out


@pytest.mark.parametrize(("votes", "out"), [(20, True), (19, False)])
def test_answers_against_all_others(votes, out):
    against = [6 - score for score in _GOOD][:votes]
    assert excluded(*_OTHERS, answers("z", against)) == ({"z": "low_agreement"} if out else {})


def test_who_is_out_already_is_no_measure_for_the_others():
    against = [6 - score for score in _GOOD]
    hasty = [answers(name, against, seconds=1.0) for name in ("a", "b", "c", "d", "e")]
    assert set(excluded(*_OTHERS, *hasty)) == {"a", "b", "c", "d", "e"}


def test_the_first_rule_that_fits_is_the_reason():
    careless = answers("z", [3] * 20, seconds=0.5, gold=("1",))
    assert excluded(*_OTHERS, careless) == {"z": "gold_fail"}


def test_a_rater_whom_nobody_shares_a_clip_with_stays():
    assert excluded(answers("z", _GOOD)) == {}
