from decimal import Decimal

import pytest
from designs import TURING_METHODS, make_clips, make_study

from avbench.errors import UsageError
from reports.study.cost import cost_of


@pytest.fixture(scope="module")
def study():
    """4 pages of 5 clips and 2 checks, 3 votes."""
    return make_study("turing", make_clips(10, TURING_METHODS), votes=3, items_per_page=5)


def test_time_is_two_plays_and_five_seconds_a_clip(study):
    cost = cost_of(study, Decimal(15), overhead_seconds=10)
    assert cost.seconds_per_page == pytest.approx(7 * (2 * 1.6 + 5) + 10)
    assert (cost.pages, cost.assignments) == (4, 12)
    assert cost.hours == pytest.approx(12 * 67.4 / 3600)


def test_the_reward_never_pays_less_than_the_wage(study):
    cost = cost_of(study, Decimal(15), overhead_seconds=10)
    assert cost.reward == Decimal("0.29")  # 15 for an hour, 68 s: 0.2833
    assert cost.reward_per_task == Decimal("0.058")  # a page asks about 5 clips, besides checks of attention
    assert (cost.rewards, cost.fee, cost.total) == (Decimal("3.48"), Decimal("0.72"), Decimal("4.20"))


def test_the_platform_takes_more_from_ten_votes_on():
    study = make_study("turing", make_clips(10, TURING_METHODS), votes=10, items_per_page=5)
    assert cost_of(study, Decimal(15)).fee_share == Decimal("0.40")


def test_a_platform_of_ones_own_takes_nothing(study):
    cost = cost_of(study, Decimal(15), fee_share=Decimal(0))
    assert cost.fee == 0 and cost.total == cost.rewards


@pytest.mark.parametrize(("wage", "changes"), [(0, {}), (-3, {}), (15, {"overhead_seconds": -1.0})])
def test_impossible_terms_are_refused(study, wage, changes):
    with pytest.raises(UsageError):
        cost_of(study, Decimal(wage), **changes)
