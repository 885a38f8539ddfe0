"""What a study costs, before anything is published."""

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from math import ceil

from avbench.errors import UsageError
from reports.study.study import Study

_PLAYS, _ANSWER_SECONDS = 2, 5.0  # a clip is played twice, and then answered
_CENT = Decimal("0.01")

# Mechanical Turk's fee of the reward; more where a HIT has 10 assignments or more.
_FEE, _FEE_OF_MANY, _MANY = Decimal("0.20"), Decimal("0.40"), 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Time and money, in the currency of the wage."""

    pages: int
    assignments: int  # pages times votes: what is paid for
    seconds_per_page: float
    hours: float  # of all raters together
    reward: Decimal  # for a page, whole cents
    reward_per_task: Decimal  # the page's reward, shared among the questions about clips that count
    rewards: Decimal
    fee_share: Decimal
    fee: Decimal
    total: Decimal


def cost_of(study: Study, wage: Decimal, *, overhead_seconds: float = 30.0, fee_share: Decimal | None = None) -> Cost:
    """The cost of a study in which raters choose pages, each paid by itself.

    Args:
        wage: for an hour.
        overhead_seconds: of a page besides its clips: consent, instructions, sound check, waiting.
        fee_share: the platform's fee as a share of rewards; None for Mechanical Turk's, 20 %, or 40 % from 10 votes on.

    Raises:
        UsageError: the wage is not positive, or the fee or the overhead negative.
    """
    if wage <= 0:
        raise UsageError(f"the wage is {wage}; it must be positive")
    if overhead_seconds < 0 or (fee_share is not None and fee_share < 0):
        raise UsageError("the overhead and the fee cannot be negative")
    pages, clips = len(study.pages), len(study.pages[0].items)
    seconds = clips * (_PLAYS * study.media.seconds + _ANSWER_SECONDS) + overhead_seconds
    assignments = pages * study.votes
    # Rounded up to cents, so that the hour is never paid less than the wage.
    reward = (wage * ceil(seconds) / 3600).quantize(_CENT, ROUND_UP)
    rewards = reward * assignments
    share = fee_share if fee_share is not None else (_FEE_OF_MANY if study.votes >= _MANY else _FEE)
    # The platform charges at least a cent for each assignment.
    least = _CENT if share else Decimal(0)
    fee = max((reward * share).quantize(_CENT, ROUND_UP), least) * assignments
    return Cost(
        pages=pages,
        assignments=assignments,
        seconds_per_page=seconds,
        hours=assignments * seconds / 3600,
        reward=reward,
        reward_per_task=reward / study.items_per_page,
        rewards=rewards,
        fee_share=share,
        fee=fee,
        total=rewards + fee,
    )
