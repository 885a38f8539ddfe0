"""The registry of metrics."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from avbench.errors import UsageError
from avbench.metrics.frechet import frechet_distance
from avbench.metrics.metric import METRICS, ClipScores, Metric, SynchronyMetric, metric


def test_knows_the_three_metrics_of_the_paper() -> None:
    assert {"fvd", "kvd", "fad"} <= set(METRICS)


def test_only_they_are_computed_unless_metrics_are_named() -> None:
    assert {name for name in METRICS if METRICS[name].by_default} == {"fvd", "kvd", "fad"}


@pytest.mark.parametrize("name", list(METRICS))
def test_every_metric_says_what_it_computes_and_where_it_comes_from(name: str) -> None:
    assert len(METRICS[name].explanation) > 200 and "Source: " in METRICS[name].explanation


def test_a_metric_of_synchrony_looks_at_the_generated_clips_alone() -> None:
    @dataclass
    class Asked:
        rows: tuple[list[list[float]], list[list[float]], float] | None = None

    asked = Asked()

    def score(sound: NDArray[np.floating], picture: NDArray[np.floating], fps: float) -> ClipScores:
        asked.rows = sound.tolist(), picture.tolist(), fps
        return ClipScores(np.array([1.0, 0.5]), np.array([1.0, 3.0]))

    metric = SynchronyMetric(
        name="m", label="m", score=score, sound="a", picture="b", better="higher", explanation="", scale=10
    )
    bound = metric.bound(picture_width=1, fps=10)
    assert bound.function(np.zeros((1, 3)), np.array([[1.0, 2, 3], [4, 5, 6]])) == pytest.approx(2.5 / 4)
    assert asked.rows == ([[1, 2], [4, 5]], [[3], [6]], 10)
    assert (bound.modality, bound.needs, bound.scale) == ("pair:a+b", ("video", "audio"), 10)


def test_clips_of_no_weight_have_no_value_and_a_set_of_them_is_worth_nothing() -> None:
    scores = ClipScores(np.array([0.3, 0.7]), np.array([0.0, 2.0]))
    assert scores.by_clip().tolist() == pytest.approx([np.nan, 0.7], nan_ok=True)
    assert scores.mean() == pytest.approx(0.7)
    assert ClipScores(np.array([0.3]), np.zeros(1)).mean() == 0


def test_a_frechet_distance_wants_more_clips_than_features_and_an_unbiased_one_does_not() -> None:
    fvd, kad = METRICS["fvd"], METRICS["kad"]
    assert isinstance(fvd, Metric) and isinstance(kad, Metric)
    assert (fvd.enough(400), kad.enough(400)) == (401, 100)


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
    with pytest.raises(UsageError, match='no metric is called "fid"; known: .*fad, fvd, kad, kvd'):
        METRICS["fid"]
