"""The registry of metrics."""

import pytest

from avbench.errors import UsageError
from avbench.metrics.frechet import frechet_distance
from avbench.metrics.metric import METRICS, metric


def test_knows_the_three_metrics_of_the_paper() -> None:
    assert {"fvd", "kvd", "fad"} <= set(METRICS)


@pytest.mark.parametrize("name", ["fvd", "kvd", "fad"])
def test_every_metric_says_what_it_computes_and_where_it_comes_from(name: str) -> None:
    assert name.upper() in METRICS[name].explanation and "Source: " in METRICS[name].explanation


def test_fad_is_shown_times_ten_thousand() -> None:
    assert METRICS["fad"].scale == 1e4


def test_fvd_and_fad_are_one_distance_on_two_modalities() -> None:
    assert (METRICS["fvd"].modality, METRICS["fad"].modality) == ("video", "audio")
    assert METRICS["fvd"].function is METRICS["fad"].function is frechet_distance


def test_a_name_that_is_taken_is_refused() -> None:
    assert "fvd" in METRICS
    with pytest.raises(UsageError, match='metric "fvd" is registered twice'):
        metric("fvd", modality="video", better="lower", explanation="another")(lambda a, b: 0.0)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match='no metric is called "fid"; known: .*fad, fvd, kvd'):
        METRICS["fid"]
