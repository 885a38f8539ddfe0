from types import SimpleNamespace

import numpy as np
import pytest
from tiny import TinyVideo

from avbench.protocol import AVBENCH
from avbench.sanity.measures import Measure, measures_on


def measure(better):
    return Measure(label="m", better=better, weights_sha256="", function=lambda reference, judged: 0.0)


@pytest.mark.parametrize(
    ("better", "clean", "floor", "values", "verdict"),
    [
        ("lower", 1.0, 2.0, [1.5, 2.5, 4.0], "sees"),
        ("lower", 1.0, 2.0, [1.5, 1.6, 2.0], "blind"),
        ("lower", 1.0, 2.0, [5.0, 3.0, 6.0], "uneven"),
        ("lower", 1.0, 2.0, [1.5, 0.8, 4.0], "sees"),  # falls by less than chance moves it
        ("lower", 1.0, 2.0, [3.0, 5.0, 4.5], "sees"),
        ("lower", 1.0, 2.0, [3.0, 2.5, 1.5], "uneven"),  # falls by little at each step, but by much in all
        ("higher", 0.5, 0.4, [0.45, 0.3, 0.1], "sees"),
        ("higher", 0.5, 0.4, [0.5, 0.45, 0.41], "blind"),
        ("higher", 0.5, 0.4, [0.1, 0.35, 0.1], "uneven"),
    ],
)
def test_verdicts(better, clean, floor, values, verdict):
    assert measure(better).judge(clean, floor, values)[1] == verdict


def test_only_values_worse_than_the_floor_respond():
    assert measure("lower").judge(1.0, 2.0, [1.0, 2.0, 2.1])[0] == [False, False, True]
    assert measure("higher").judge(0.5, 0.4, [0.6, 0.4, 0.3])[0] == [False, False, True]


def test_the_floor_is_three_standard_deviations_worse_than_clean():
    assert measure("lower").floor(10.0, [1.0, 2.0, 3.0]) == pytest.approx(13.0)
    assert measure("higher").floor(10.0, [1.0, 2.0, 3.0]) == pytest.approx(7.0)


@pytest.fixture
def asked():
    """All measures of 2 x 120 windows of one distribution, by label, and these windows."""
    networks = {"tiny_video": SimpleNamespace(extractor=TinyVideo(), weights_sha256="")}
    reference, judged = np.random.default_rng(0).normal(size=(2, 120, 6))
    return {one.label: one for one in measures_on(networks, AVBENCH)}, reference, judged


@pytest.mark.parametrize(
    ("damage", "label", "seen"),
    [
        ("copies", "FVD[tiny_video]", False),
        ("copies", "KVD[tiny_video]", False),
        ("copies", "recall_video[tiny_video]", False),
        ("copies", "coverage_video[tiny_video]", False),
        ("copies", "memorisation[tiny_video]", True),
        ("collapse", "FVD[tiny_video]", True),
        ("collapse", "KVD[tiny_video]", True),
        ("collapse", "recall_video[tiny_video]", False),  # the balls of the few that are left grow over all
        ("collapse", "coverage_video[tiny_video]", True),
    ],
)
def test_copies_are_seen_by_memorisation_alone_and_a_collapse_not_by_recall(asked, damage, label, seen):
    measures, reference, judged = asked
    one = measures[label]

    def value(known, new):
        return one.function({"tiny_video": known}, {"tiny_video": new})

    replaced = reference[:100] if damage == "copies" else np.repeat(judged[:1], 100, axis=0)
    halves = [np.random.default_rng(seed).permutation(120)[:60] for seed in range(20)]
    clean, chance = value(reference, judged), [value(reference[half], judged[half]) for half in halves]
    worse = value(reference, np.concatenate([replaced, judged[100:]]))
    assert one.judge(clean, one.floor(clean, chance), [worse])[0] == [seen]


def test_only_the_metrics_that_are_named_are_asked():
    networks = {"tiny_video": SimpleNamespace(extractor=TinyVideo(), weights_sha256="")}
    labels = [one.label for one in measures_on(networks, AVBENCH, ("kvd",))]
    assert labels == ["KVD[tiny_video]", "memorisation[tiny_video]"]
