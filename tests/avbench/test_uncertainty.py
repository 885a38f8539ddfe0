"""How far the lines of a summary can be trusted, from movies to `summary.csv`."""

import dataclasses
import json
import math

import pandas as pd
import pytest
from tiny import TINY, make_movies, register_tiny_extractors

import avbench
from avbench import evaluation
from avbench.clipset import open_clipset
from avbench.scoring import GROUND_TRUTH

FVD, KVD, FAD = "FVD[tiny_video]", "KVD[tiny_video]", "FAD[tiny_audio]"


@pytest.fixture(scope="module")
def movies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("movies")
    make_movies(folder / "real", 52, seed=1, size=16)
    make_movies(folder / "made", 24, seed=2, size=16)
    make_movies(folder / "few", 6, seed=3, size=16)
    return folder


@pytest.fixture
def score(movies, tmp_path, monkeypatch):
    register_tiny_extractors()
    monkeypatch.chdir(tmp_path)

    def score(generated="made", **settings):
        settings = {"protocol": "avbench", "features": TINY, "samples": 24, "runs": 2} | settings
        return avbench.evaluate(movies / "real", movies / generated, **settings)

    return score


def line(found: evaluation.Evaluation, metric: str, method: str = "made") -> pd.Series:
    """The first line of a method and metric, that of the larger N."""
    lines = found.summary
    return lines[(lines["method"] == method) & (lines["metric"] == metric)].iloc[0]


def test_every_line_has_an_error_an_interval_and_its_floor(score):
    found = score()
    on_disk = pd.read_csv(found.folder / "summary.csv")
    assert on_disk[["se", "interval_low", "interval_high"]].notna().all(axis=None)
    made = on_disk[on_disk["method"] == "made"]
    assert set(made["interval_method"]) == {"jackknife-24"}  # one group for each of the poorer set's sources
    fvd = line(found, FVD)
    assert fvd["interval_low"] < fvd["limit"] < fvd["interval_high"] and fvd["limit_se"] > 0
    assert math.isnan(line(found, KVD)["limit"])
    assert fvd["floor"] == line(found, FVD, GROUND_TRUTH)["mean"]
    assert math.isnan(line(found, FVD, GROUND_TRUTH)["floor"])


def test_fewer_clips_than_four_for_each_feature_have_no_interval(score):
    found = score(samples=20)
    video, audio = line(found, FVD), line(found, FAD)
    assert video["interval_note"].startswith("N = 20 is less than 4 x 6 features")
    assert math.isnan(video["interval_low"]) and math.isnan(video["se"]) and math.isnan(video["limit"])
    assert audio["interval_note"] == "" and math.isfinite(audio["interval_low"])  # 4 x 4 features
    assert math.isfinite(line(found, KVD)["interval_low"])  # N does not bias it


def test_a_set_of_few_source_videos_has_no_interval(score):
    assert "too few source videos in a set: 6; an error takes 10" in line(score("few"), KVD, "few")["interval_note"]


def test_a_set_that_repeats_its_windows_has_no_interval_but_at_a_matched_n(score):
    found = score(protocol="published", samples=26, runs=1)
    lines = found.summary[(found.summary["method"] == "made") & (found.summary["metric"] == FVD)]
    lines = lines.set_index("n_generated")
    assert "repeats them" in lines.loc[26, "interval_note"]
    assert math.isfinite(lines.loc[24, "interval_low"])


def test_rows_that_depend_on_their_batch_have_no_interval(score):
    found = score(protocol="published", runs=1)
    assert "depend on the batch" in line(found, FAD)["interval_note"]
    assert math.isfinite(line(found, FVD)["interval_low"])


def test_errors_that_are_there_are_not_computed_again(score, monkeypatch):
    first = score()
    monkeypatch.setattr(evaluation, "estimates", None)
    pd.testing.assert_frame_equal(score().summary, first.summary)


def test_errors_of_more_runs_are_computed_anew(score):
    score()
    assert line(score(runs=3), FVD)["interval_note"] == ""
    fewer = line(score(runs=2), FVD)
    assert fewer["runs"] == 2 and math.isfinite(fewer["se"])


def test_errors_that_were_changed_are_computed_again(score, caplog):
    first = score()
    path = first.folder / "statistics.json"
    before = path.read_text()
    told = json.loads(before)
    (only,) = told["evaluations"].values()
    only["lines"][0]["value"] = 0.5
    path.write_text(json.dumps(told))
    score()
    assert "statistics.json" in caplog.text and "was changed" in caplog.text
    assert path.read_text() == before


def test_clips_without_names_of_sources_count_one_by_one_and_the_line_says_so(score, monkeypatch):
    def nameless(path):
        clipset = open_clipset(path)
        clipset.records = tuple(dataclasses.replace(record, source="") for record in clipset.records)
        return clipset

    monkeypatch.setattr(evaluation, "open_clipset", nameless)
    found = line(score(runs=1), KVD)
    assert found["interval_note"] == "real and made: without names of source videos, so that each clip counts as one"
    assert found["interval_method"] == "jackknife-24"
