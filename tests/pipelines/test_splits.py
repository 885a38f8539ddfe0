from collections import Counter
from fractions import Fraction

import pytest

from avbench.errors import UsageError
from pipelines.splits import assign_splits, parse_split

KEYS = [f"video-{number}" for number in range(40)]


def test_reads_shares():
    assert parse_split("train=.9,test=.1") == {"train": Fraction(9, 10), "test": Fraction(1, 10)}


@pytest.mark.parametrize(
    "text", ["train", "train=x", "train=.9", "train=1.5,test=-.5", "train=.9,te/st=.1", "train=1/0"]
)
def test_refuses_what_is_no_split(text):
    with pytest.raises(UsageError, match="--split"):
        parse_split(text)


def test_deals_every_source_once_in_the_shares_asked_for():
    splits = assign_splits(KEYS, parse_split("train=.8,val=.1,test=.1"), seed=0)
    assert splits.keys() == set(KEYS)
    assert Counter(splits.values()) == {"train": 32, "val": 4, "test": 4}


def test_deals_by_the_seed_and_not_by_the_order_of_the_keys():
    shares = parse_split("train=.5,test=.5")
    assert assign_splits(KEYS, shares, 0) == assign_splits(KEYS[::-1], shares, 0) != assign_splits(KEYS, shares, 1)
