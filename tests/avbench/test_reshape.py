"""A clip set in another shape."""

from fractions import Fraction

import numpy as np
import pytest
from tiny import make_movies

from avbench.clip import ClipSpec
from avbench.clipset import open_clipset
from avbench.errors import DataError
from avbench.reshape import reshape

SPEC = ClipSpec(frames=4, size=16, sample_rate=4_000)


@pytest.fixture
def movies(tmp_path):
    """Two movies of stereo noise, four windows of `SPEC` long."""
    return open_clipset(make_movies(tmp_path / "movies" / "drums", 2, seconds=1.7).parent)


def test_every_window_becomes_a_movie_that_remembers_its_source(movies, tmp_path):
    made = open_clipset(reshape(movies, SPEC, tmp_path / "out"))
    assert (made.name, made.fit, made.channel, len(made)) == ("movies@16px-4kHz", "native", "native", 8)
    first = made.records[0]
    assert (first.frames, first.width, first.sample_rate, first.channels) == (4, 16, 4_000, 1)
    assert [record.source for record in made.records] == ["drums/clip000.mp4"] * 4 + ["drums/clip001.mp4"] * 4
    assert first.key == f"{movies.records[0].key}_00000000" and first.label == "drums"


def test_picture_and_sound_are_those_that_a_network_of_that_shape_is_trained_on(movies, tmp_path):
    made = open_clipset(reshape(movies, SPEC, tmp_path / "out"))
    given = movies.clip(1, start=Fraction(4, 5), spec=SPEC)
    shown = made.clip(6, spec=SPEC)
    assert made.records[6].key.endswith("_00000800")
    assert np.abs(shown.audio - given.audio.mean(0)).max() < 1e-4
    assert np.abs(shown.video.astype(int) - given.video).max() < 8  # crf 10 on plain colours


def test_windows_are_drawn_by_the_seed(movies, tmp_path):
    def drawn(name, seed):
        return {
            record.key for record in open_clipset(reshape(movies, SPEC, tmp_path / name, windows=3, seed=seed)).records
        }

    assert len(drawn("a", 0)) == 3
    assert drawn("a", 0) == drawn("b", 0) != drawn("c", 1)


def test_sounds_alone_stay_sounds(tmp_path):
    from avbench.media.encode import encode_flac

    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "a.flac").write_bytes(encode_flac(np.zeros((1, 8_000), np.float32), 8_000))
    made = open_clipset(reshape(open_clipset(tmp_path / "sounds"), SPEC, tmp_path / "out"))
    assert [(record.has_video, record.sample_rate) for record in made.records] == [(False, 4_000)] * 2


def test_the_same_call_finds_it_done(movies, tmp_path):
    folder = reshape(movies, SPEC, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in folder.glob("[!.]*")}
    reshape(movies, SPEC, folder)
    assert {path: path.stat().st_mtime_ns for path in folder.glob("[!.]*")} == before


def test_clips_that_are_too_short_are_refused(movies, tmp_path):
    with pytest.raises(DataError, match=r"movies: no clip lasts 3\.2 s"):
        reshape(movies, ClipSpec(frames=32), tmp_path / "out")
