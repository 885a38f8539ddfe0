import os
import shutil

import pandas as pd
import pytest
from tiny import TINY, make_movies, register_tiny_extractors

from avbench.clip import ClipSpec
from avbench.clipset import open_clipset
from avbench.errors import DataError, UsageError
from avbench.media.encode import write_movie
from avbench.protocol import AVBENCH, PUBLISHED
from avbench.sanity.config import SanityConfig
from avbench.sanity.corruptions import CORRUPTIONS
from avbench.sanity.study import run_study

FVD, KVD, FAD, KAD = "FVD[tiny_video]", "KVD[tiny_video]", "FAD[tiny_audio]", "KAD[tiny_audio]"
NEIGHBOURS = [
    f"{name}_{modality}[tiny_{modality}]"
    for name in ("precision", "recall", "density", "coverage")
    for modality in ("video", "audio")
]
DISTANCES = [FVD, KVD, FAD, KAD, *NEIGHBOURS]
SYNCHRONY = ["motion-onset", "av_align", "beat_alignment"]
SPACES = ["tiny_video", "tiny_audio", "tiny_video+tiny_audio"]
SPEC = ClipSpec(sample_rate=44_100)


@pytest.fixture(scope="module", autouse=True)
def tiny_extractors():
    register_tiny_extractors()


@pytest.fixture(scope="module")
def real(clips, tmp_path_factory):
    """12 short small clips, cut out of real videos."""
    videos, folder = tmp_path_factory.mktemp("videos"), tmp_path_factory.mktemp("real")
    for name in ("drum_a", "dog_a", "baby", "cough"):
        (videos / f"{name}.mp4").symlink_to(clips / f"{name}.mp4")
    clipset = open_clipset(videos)
    for index in range(len(clipset)):
        for part in range(3):
            clip = clipset.clip(index, part * SPEC.seconds, SPEC)
            write_movie(folder / f"{clip.key}-{part}.mp4", list(clip.video), SPEC.fps, clip.audio, SPEC.sample_rate)
    return folder


@pytest.fixture(scope="module")
def studied(real, tmp_path_factory):
    """The study of 2 x 6 windows of real videos, with a cache of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVBENCH_HOME", str(tmp_path_factory.mktemp("home")))
        return run_study(config(real))


def config(folder, **settings):
    protocol = settings.pop("protocol", AVBENCH).with_samples(settings.pop("samples", 8))
    return SanityConfig(clipset=folder, protocol=protocol, features=TINY, **settings)


def verdict(study, metric, corruption):
    (only,) = study[(study["metric"] == metric) & (study["corruption"] == corruption)]["verdict"].unique()
    return only


def test_every_corruption_at_every_strength_is_put_to_every_metric(studied):
    assert set(studied["metric"]) == {*DISTANCES, *SYNCHRONY, *(f"memorisation[{space}]" for space in SPACES)}
    for metric, rows in studied.groupby("metric"):
        asked = [(row.corruption, row.strength) for row in rows.itertuples() if row.modality in ("video", "audio")]
        assert sorted(asked) == sorted((n, s) for n in CORRUPTIONS for s in CORRUPTIONS[n].strengths), metric
    assert set(studied["n"]) == {6}


def test_metrics_of_the_picture_are_deaf_and_those_of_the_sound_blind(studied):
    for modality, other in (("video", "audio"), ("audio", "video")):
        rows = studied[(studied["modality"] == other) & studied["metric"].str.endswith(f"[tiny_{modality}]")]
        assert len(rows) and set(rows["verdict"]) == {"blind"}


@pytest.mark.parametrize("metric", DISTANCES)
def test_shuffled_pairs_leave_every_distance_where_it_was(studied, metric):
    shuffled = studied[(studied["corruption"] == "pair-shuffling") & (studied["metric"] == metric)]
    assert shuffled["value"].to_numpy() == pytest.approx(shuffled["clean"].to_numpy(), rel=1e-6, abs=1e-9)
    assert not shuffled["responds"].any()


def test_what_an_extractor_measures_it_sees(studied):
    assert verdict(studied, FVD, "black") == "sees"  # mean colour
    assert verdict(studied, FAD, "silence") in ("sees", "uneven")  # loudness by quarters
    assert verdict(studied, FAD, "white-noise") == "sees"


def test_what_an_extractor_throws_away_it_is_blind_to(studied):
    assert verdict(studied, FVD, "blur") == "blind"  # mean colour stays
    assert verdict(studied, FAD, "pitch-shift") == "blind"  # loudness nearly stays


def test_alignment_falls_where_pairs_are_shuffled(studied):
    shuffled = studied[(studied["corruption"] == "pair-shuffling") & (studied["metric"] == "motion-onset")]
    assert shuffled["value"].iloc[-1] < shuffled["clean"].iloc[-1]


def test_alignment_is_none_with_silence_and_with_a_frozen_picture(studied):
    aligned = studied[studied["metric"] == "motion-onset"]
    for corruption in ("silence", "frame-drop", "black"):
        assert aligned[aligned["corruption"] == corruption]["value"].iloc[-1] == 0


def test_the_floor_is_worse_than_the_clean_value(studied):
    distances = studied[studied["metric"].isin([FVD, KVD, FAD, KAD])]
    assert (distances["floor"] > distances["clean"]).all()
    better_high = studied[studied["metric"].isin(SYNCHRONY)]
    assert (better_high["floor"] < better_high["clean"]).all()


@pytest.mark.parametrize("space", SPACES)
def test_copies_of_the_reference_are_nearer_to_it_than_anything_else(studied, space):
    copied = studied[(studied["corruption"] == "copying") & (studied["metric"] == f"memorisation[{space}]")]
    assert copied["value"].is_monotonic_increasing
    assert copied["value"].iloc[-1] == 1


@pytest.mark.parametrize("metric", [FVD, FAD])
def test_copies_of_the_reference_please_the_distances(studied, metric):
    copied = studied[(studied["corruption"] == "copying") & (studied["metric"] == metric)]
    assert copied["value"].iloc[-1] == pytest.approx(0, abs=1e-6)
    assert set(copied["verdict"]) == {"blind"}


def test_a_collapse_costs_recall_coverage_and_the_distances(studied):
    collapsed = studied[(studied["corruption"] == "collapse") & (studied["strength"] == 1)].set_index("metric")
    assert (collapsed["value"] > collapsed["clean"])[[FVD, FAD]].all()
    lost = ["recall_video[tiny_video]", "recall_audio[tiny_audio]"]
    assert (collapsed["value"][lost] == 0).all()


@pytest.mark.slow
def test_neither_workers_nor_batches_change_the_study(tmp_path, monkeypatch):
    folder = make_movies(tmp_path / "movies", 8)
    first = run_study(config(folder, samples=4))
    monkeypatch.setenv("AVBENCH_HOME", str(tmp_path / "empty"))  # nothing cached
    pd.testing.assert_frame_equal(
        run_study(config(folder, samples=4, workers=3, batch_size=3)), first, rtol=1e-5, atol=1e-9
    )


def test_a_second_study_takes_its_features_from_the_cache(tmp_path):
    folder = make_movies(tmp_path / "movies", 4, seconds=3.2, sound=False)
    first = run_study(config(folder, samples=4))
    for movie in folder.iterdir():
        stand = movie.stat()
        movie.write_bytes(bytes(stand.st_size))  # nothing can be decoded any more
        os.utime(movie, ns=(stand.st_atime_ns, stand.st_mtime_ns))
    pd.testing.assert_frame_equal(run_study(config(folder, samples=4)), first)


def test_another_seed_draws_and_corrupts_otherwise(tmp_path):
    folder = make_movies(tmp_path / "movies", 8, sound=False)
    one, other = (run_study(config(folder, samples=4, seed=seed)) for seed in (0, 1))
    assert not one["value"].equals(other["value"])


def test_no_window_stands_twice_even_under_the_published_protocol(tmp_path):
    folder = make_movies(tmp_path / "movies", 6, sound=False)
    assert set(run_study(config(folder, protocol=PUBLISHED, samples=2048))["n"]) == {3}


def test_a_silent_set_is_asked_about_its_picture_only(tmp_path):
    study = run_study(config(make_movies(tmp_path / "movies", 4, sound=False)))
    assert set(study["modality"]) == {"video", "set"}
    assert set(study["metric"]) == {FVD, KVD, "memorisation[tiny_video]"}


def test_metrics_that_so_few_windows_do_not_suffice_for_are_left_out_and_told(tmp_path, caplog):
    run_study(config(make_movies(tmp_path / "movies", 4, sound=False)))
    assert "density_video[tiny_video] is not asked: 2 clips in a set; their 5 nearest" in caplog.text


def test_clips_without_sound_are_left_out_and_told(tmp_path, caplog):
    folder = make_movies(tmp_path / "movies", 4)
    for movie in make_movies(tmp_path / "silent", 2, sound=False).iterdir():
        shutil.move(movie, folder / f"silent_{movie.name}")
    assert set(run_study(config(folder))["n"]) == {2}
    assert "2 clips lack picture or sound and are left out" in caplog.text


def test_too_few_windows_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"3 window\(s\) of 1\.6 s have audio and video; the study needs at least 4"):
        run_study(config(make_movies(tmp_path / "movies", 3)))


def test_a_folder_that_does_not_exist_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        run_study(config(tmp_path / "nowhere"))
