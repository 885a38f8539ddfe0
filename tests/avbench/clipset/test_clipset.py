import numpy as np
import pytest

from avbench.clipset import open_clipset
from avbench.errors import UsageError


def test_orders_clips_by_the_seed_alone(shards):
    orders = [open_clipset(shards).order(seed).tolist() for seed in (0, 0, 1, 2, 3)]
    assert orders[0] == orders[1]
    assert all(sorted(order) == [0, 1, 2, 3] for order in orders)
    assert len({tuple(order) for order in orders}) > 1


def test_orders_the_clips_of_one_split(shards):
    clipset = open_clipset(shards)
    assert sorted(clipset.order(0, "train").tolist()) == [1, 2, 3]
    assert clipset.order(0, "nowhere").dtype == np.int64


def test_has_a_fingerprint_that_other_clips_change(shards):
    clipset = open_clipset(shards)
    whole = clipset.fingerprint
    fewer = open_clipset(shards)
    fewer.records = fewer.records[1:]
    assert whole == open_clipset(shards).fingerprint != fewer.fingerprint


def test_says_that_a_missing_path_does_not_exist(tmp_path):
    with pytest.raises(UsageError, match="does not exist.*avbench prepare"):
        open_clipset(tmp_path / "nowhere")
