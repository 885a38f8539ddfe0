"""Numbers of the reference for human studies, section 4."""

import pytest

from avbench.errors import UsageError
from reports.study.power import (
    Assumptions,
    clips_needed,
    design_effect,
    detectable_difference,
    detectable_rate,
    half_width,
    votes_for_rates,
)

USUAL = Assumptions()


@pytest.mark.parametrize(("difference", "clips"), [(0.2, 157), (0.1, 628)])
def test_clips_for_a_difference(difference, clips):
    assert clips_needed(difference, 5, USUAL) == clips


def test_the_papers_500_clips_find_a_difference_of_0_112():
    assert detectable_difference(500, 5, USUAL) == pytest.approx(0.112, abs=5e-4)


def test_what_is_found_and_what_is_needed_are_each_others_inverse():
    assert clips_needed(detectable_difference(500, 5, USUAL) * (1 - 1e-9), 5, USUAL) in (500, 501)


def test_votes_that_hang_together_widen_the_interval():
    assert half_width(500, 5, USUAL, independent=True) == pytest.approx(0.039, abs=5e-4)
    assert half_width(500, 5, USUAL) == pytest.approx(0.063, abs=5e-4)
    assert design_effect(5, USUAL) == pytest.approx(2.6)


def test_votes_for_two_pass_rates():
    assert votes_for_rates(0.80, 0.85, USUAL) == 903


def test_the_pass_rate_that_is_told_from_80_percent():
    independent = Assumptions(correlation=0.0)
    assert detectable_rate(903, 1, 0.8, independent) == pytest.approx(0.85, abs=1e-3)
    assert detectable_rate(5, 1, 0.8, independent) == 1.0


def test_more_clips_beat_more_votes():
    assert detectable_difference(1000, 5, USUAL) < detectable_difference(500, 10, USUAL)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: detectable_difference(0, 5, USUAL), "clips is 0"),
        (lambda: clips_needed(0.0, 5, USUAL), "the difference is 0.0"),
        (lambda: votes_for_rates(0.8, 0.8, USUAL), "no difference to find"),
        (lambda: votes_for_rates(0.8, 1.0, USUAL), "a pass rate is 1.0"),
        (lambda: Assumptions(power=1.0), "power is 1.0"),
        (lambda: Assumptions(vote_variance=-1.0), "not negative"),
    ],
)
def test_impossible_questions_are_refused(act, message):
    with pytest.raises(UsageError, match=message):
        act()
