import numpy as np
import pandas as pd
import pytest
from tiny import TINY, make_movies, register_tiny_extractors

import avbench
from avbench.errors import DataError, UsageError
from avbench.explain import explain
from avbench.protocol import AVBENCH, PUBLISHED
from avbench.scoring import GROUND_TRUTH

SYNCHRONY = ("av_align", "beat_alignment")


@pytest.fixture(scope="module")
def movies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("movies")
    make_movies(folder / "real", 8, seed=1, seconds=3.2)
    make_movies(folder / "made", 6, seed=2)
    make_movies(folder / "silent", 4, seed=3, sound=False)
    return folder


@pytest.fixture
def score(movies, tmp_path, monkeypatch):
    register_tiny_extractors()
    monkeypatch.chdir(tmp_path)

    def score(*metrics, generated="made", **settings):
        settings = {"protocol": "avbench", "features": TINY, "samples": 6, "runs": 2} | settings
        return avbench.evaluate(movies / "real", movies / generated, metrics=metrics, **settings)

    return score


def test_metrics_of_synchrony_stand_in_the_results_with_what_they_hear_and_see(score):
    results = score(*SYNCHRONY).results
    assert set(results["metric"]) == set(SYNCHRONY)
    assert set(results["method"]) == {"made", GROUND_TRUTH}
    assert set(results["features"]) == {"onset_peaks+optical_flow", "beats+optical_flow"}
    assert results["value"].between(0, 1).all()
    assert not results["note"].str.contains("biased").any()


def test_they_are_means_of_what_the_table_of_clips_says(score):
    evaluation = score("av_align", runs=1)
    clips = pd.read_parquet(evaluation.folder / "clips.parquet")
    value = evaluation.results.set_index("method").loc["made", "value"]
    assert value == pytest.approx(clips["av_align"].mean())


def test_they_need_neither_weights_nor_features_of_both_modalities(score):
    assert set(score("av_align", features="tiny_video").results["metric"]) == {"av_align"}


def test_every_named_distance_is_computed_on_the_features_of_its_modality(score):
    metrics = ("kad", "precision_video", "recall_video", "density_audio", "coverage_audio")
    labels = {f"{name}[tiny_{name[-5:]}]" for name in metrics[1:]}
    assert set(score(*metrics).results["metric"]) == labels | {"KAD[tiny_audio]"}


def test_synchrony_of_silent_videos_is_refused(score):
    with pytest.raises(DataError, match="4 of 4 clips have no sound .*av_align needs it"):
        score("av_align", generated="silent")


def test_an_unknown_metric_is_answered_with_the_known_ones(score):
    with pytest.raises(UsageError, match='no metric is called "fid"; known: audio_video_score, av_align'):
        score("fid")


def test_clips_are_listed_with_their_loudness(score):
    clips = pd.read_parquet(score("fad").folder / "clips.parquet")
    assert len(clips) == 6 and clips["loudness_lufs"].between(-40, 0).all()
    assert np.unique(clips["loudness_lufs"]).size == 6


def test_silent_videos_are_listed_without(score):
    assert "loudness_lufs" not in pd.read_parquet(score(generated="silent").folder / "clips.parquet")


def test_explains_what_a_metric_of_synchrony_hears_and_sees():
    text = explain("av_align", AVBENCH, "published")
    assert text.startswith("av_align under protocol avbench")
    assert (
        "22,050 Hz" in text and "16 frames at 10 per second" in text and "optical_flow, version 1, no weights" in text
    )


def test_explains_that_the_audio_video_score_stays_out_of_the_published_warts():
    text = explain("audio_video_score", PUBLISHED, "published")
    assert "multiplied by 32768" in text and "training mode" not in text
