import json

import numpy as np
import pandas as pd
import pytest
from tiny import TINY, make_movies, register_tiny_extractors

import avbench
from avbench.clipset import open_clipset
from avbench.errors import DataError, UsageError
from avbench.protocol import AVBENCH
from avbench.scoring import GROUND_TRUTH
from pipelines.prepare import prepare
from pipelines.source import SOURCES
from pipelines.storage import Storage


@pytest.fixture(scope="module")
def movies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("movies")
    make_movies(folder / "real", 12, seed=1, seconds=4.0)
    make_movies(folder / "made", 10, seed=2)
    make_movies(folder / "silent", 10, seed=3, sound=False)
    return folder


@pytest.fixture
def score(movies, tmp_path, monkeypatch):
    register_tiny_extractors()
    monkeypatch.chdir(tmp_path)

    def score(reference="real", generated="made", **settings):
        settings = {"protocol": "avbench", "features": TINY, "samples": 8, "runs": 2} | settings
        return avbench.evaluate(movies / reference, movies / generated, **settings)

    return score


def test_every_run_has_each_metric_for_the_model_and_for_the_ground_truth(score):
    results = score().results
    assert set(results["metric"]) == {"FVD[tiny_video]", "KVD[tiny_video]", "FAD[tiny_audio]"}
    for _, rows in results.groupby(["run", "metric"]):
        assert list(rows["method"]) == ["made", GROUND_TRUTH]


def test_the_same_seed_gives_the_same_bytes_in_another_folder(score, tmp_path):
    first, second = score(out=tmp_path / "a"), score(out=tmp_path / "b")
    for name in ("results.csv", "summary.csv"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()


@pytest.mark.parametrize("setting", [{"workers": 3}, {"workers": 1, "batch_size": 4}])
def test_the_number_of_workers_does_not_change_a_byte(score, tmp_path, own_home, monkeypatch, setting):
    first = score(out=tmp_path / "a")
    monkeypatch.setenv("AVBENCH_HOME", str(own_home / "empty"))  # nothing cached
    assert (score(out=tmp_path / "b", **setting).folder / "results.csv").read_bytes() == (
        first.folder / "results.csv"
    ).read_bytes()


def test_batch_sizes_change_at_most_the_last_bits(score, tmp_path, own_home, monkeypatch):
    first = score(out=tmp_path / "a", batch_size=1)
    monkeypatch.setenv("AVBENCH_HOME", str(own_home / "empty"))
    second = score(out=tmp_path / "b", batch_size=5)
    np.testing.assert_allclose(first.results["value"], second.results["value"], rtol=1e-5, atol=1e-9)


def test_another_seed_draws_other_windows(score):
    assert set(score(seed=0).results["value"]).isdisjoint(score(seed=1).results["value"])


def test_more_runs_go_on_from_those_that_are_done(score):
    three = score(runs=3)
    before = (three.folder / "results.csv").read_text()
    five = score(runs=5)
    assert (five.folder / "results.csv").read_text().startswith(before)
    assert sorted(set(five.results["run"])) == [0, 1, 2, 3, 4]


def test_a_changed_row_is_left_out_and_computed_again(score, caplog):
    first = score()
    path = first.folder / "results.csv"
    value = repr(float(first.results["value"][0]))
    path.write_text(path.read_text().replace(value, "0.25", 1))
    again = score()
    assert "changed after" in caplog.text
    assert sorted(again.results["value"]) == sorted(first.results["value"])


def test_evaluations_of_other_settings_stand_beside_each_other_and_are_not_averaged(score):
    score(samples=6)
    both = score(samples=8)
    on_disk = pd.read_csv(both.folder / "summary.csv")
    assert set(on_disk["n_reference"]) == {6, 8}
    assert set(both.summary["n_reference"]) == {8}
    assert len(json.loads((both.folder / "provenance.json").read_text())["evaluations"]) == 2


def test_a_short_set_shrinks_under_avbench_and_says_so(score):
    results = score(samples=20).results
    model = results[results["method"] == "made"]
    assert set(model["n_generated"]) == {10}
    assert model["note"].str.contains("generated has 10 of 20 windows").any()


def test_a_short_set_repeats_under_published_and_is_also_compared_at_a_matched_n(score):
    results = score(protocol="published", samples=16).results
    fvd = results[(results["metric"] == "FVD[tiny_video]") & (results["run"] == 0)]
    assert list(zip(fvd["method"], fvd["n_generated"], strict=True)) == [
        ("made", 16), (GROUND_TRUTH, 16), ("made", 10), (GROUND_TRUTH, 10),
    ]  # fmt: skip
    assert "generated repeated 1.6 times" in fvd["note"].iloc[0]


def test_the_ground_truth_is_closer_than_unlike_videos(score):
    summary = score(samples=10).summary.set_index(["method", "metric"])["mean"]
    assert summary[GROUND_TRUTH, "FVD[tiny_video]"] < summary["made", "FVD[tiny_video]"]


def test_a_set_against_itself_has_nearest_neighbours_at_no_distance(score):
    evaluation = score(generated="real", samples=24)
    table = pd.read_parquet(evaluation.folder / "clips.parquet")
    assert len(table) == 12
    np.testing.assert_allclose(table["nearest_video[tiny_video]"], 0)


def test_silent_videos_get_no_fad_but_everything_else(score, caplog):
    results = score(generated="silent").results
    assert set(results["metric"]) == {"FVD[tiny_video]", "KVD[tiny_video]"}
    assert "10 of 10 clips have no sound" in caplog.text


def test_fad_asked_for_by_name_refuses_silent_videos(score):
    with pytest.raises(DataError, match="10 of 10 clips have no sound .*clip000.mp4.*fad needs it"):
        score(generated="silent", metrics=("fad",))


def test_one_silent_clip_among_others_is_refused_by_name(score, movies, tmp_path):
    folder = make_movies(tmp_path / "mixed", 3)
    (folder / "clip009.mp4").write_bytes((movies / "silent" / "clip001.mp4").read_bytes())
    with pytest.raises(DataError, match="1 of 4 clips have no sound .*clip009.mp4"):
        score(generated=folder)


def test_unreadable_files_are_named_and_can_be_left_out(score, movies, tmp_path):
    folder = make_movies(tmp_path / "broken", 4)
    (folder / "notes.mp4").write_text("not a video")
    with pytest.raises(
        DataError, match=r"(?s)1 of 5 files cannot be used:.*notes\.mp4: not a media file.*--max-failures 0\.2"
    ):
        score(generated=folder)
    assert len(score(generated=folder, max_failures=0.2).results) > 0


def test_clips_shorter_than_the_window_are_an_error(score, tmp_path):
    with pytest.raises(DataError, match="no clip is as long as a window"):
        score(generated=make_movies(tmp_path / "short", 3, seconds=0.8))


def test_one_clip_is_an_error(score, tmp_path):
    with pytest.raises(DataError, match="1 window.* at least 2"):
        score(generated=make_movies(tmp_path / "one", 1))


def test_a_missing_folder_is_a_usage_error(score):
    with pytest.raises(UsageError, match="does not exist"):
        score(generated="nowhere")


@pytest.mark.parametrize("what", ["fit", "channel"])
def test_sets_that_were_stored_unlike_are_refused(score, movies, tmp_path, what):
    stored = {"fit": "crop", "channel": "left"}[what]
    storage = Storage(clip_seconds=None, **{what: stored})
    prepare(SOURCES["folder"](movies / "made"), tmp_path / "made", name="made", storage=storage, workers=1)
    with pytest.raises(UsageError, match=f"{what} (letterbox|mix) and .* {what} {stored}"):
        score(generated=tmp_path / "made")
    assert len(score(generated=tmp_path / "made", protocol=AVBENCH.with_switches({what: stored})).results) > 0


def test_fresh_samples_take_other_clips_in_each_run(score):
    results = score(samples=5, fresh_samples=True, runs=2).results
    model = results[(results["method"] == "made") & (results["metric"] == "FVD[tiny_video]")]
    assert set(model["resampled"]) == {"reference+generated"}
    with pytest.raises(DataError, match="run 2 of --fresh-samples needs windows 10 to 14"):
        score(samples=5, fresh_samples=True, runs=3)


def test_rows_name_everything_that_decides_them(score, movies):
    evaluation = score()
    row = evaluation.results.iloc[0]
    assert row["dataset"] == "real"
    assert row["protocol_hash"] == AVBENCH.with_samples(8).hash
    told = evaluation.provenance
    assert told["protocol"]["samples"] == 8
    assert told["generated"]["fingerprint"] == open_clipset(movies / "made").fingerprint


def test_the_videos_are_left_alone(score, movies):
    def listing():
        return {path: path.stat().st_mtime_ns for path in movies.rglob("*")}

    before = listing()
    score()
    assert listing() == before
