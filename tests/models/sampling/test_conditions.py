"""Samples that fit a given sound or picture."""

import numpy as np
import pytest
import torch
from tiny import make_movies

from avbench.clip import ClipSpec
from avbench.clipset import open_clipset
from avbench.errors import DataError, UsageError
from models.sampling.conditions import Conditions
from models.sampling.sample import sample_run

SPEC = ClipSpec(frames=4, size=8, sample_rate=500)
CPU = torch.device("cpu")


@pytest.fixture
def movies(tmp_path):
    """Three movies that last four windows of `SPEC` each."""
    return make_movies(tmp_path / "movies", 3, seconds=1.6)


def from_audio(movies, **changes):
    return Conditions(movies, "audio", SPEC, split="train", **{"seed": 0} | changes)


def places(conditions, count):
    return [tuple(conditions.meta(sample).values()) for sample in range(count)]


def test_windows_come_from_all_clips_without_overlap_and_then_begin_anew(movies):
    drawn = places(from_audio(movies), 24)
    keys = {record.key for record in open_clipset(movies).records}
    assert set(drawn[:12]) == {(key, start) for key in keys for start in (0.0, 0.4, 0.8, 1.2)}
    assert drawn[12:] == drawn[:12]


def test_the_seed_decides_which_windows(movies):
    first, again, other = (places(from_audio(movies, seed=seed), 12) for seed in (0, 0, 1))
    assert first == again != other


def test_samples_share_a_condition_as_often_as_asked_for(movies):
    drawn = places(from_audio(movies, per_condition=3), 6)
    assert drawn[0] == drawn[1] == drawn[2] != drawn[3] == drawn[4] == drawn[5]


def test_made_to_fit_sound_movies_hold_exactly_that_sound(run, movies):
    conditions = from_audio(movies, per_condition=2)
    folder = sample_run(run, 4, conditions=conditions).base
    assert folder.name == "a2v-movies-x2-ddim5-seed0-step6"
    made, given = open_clipset(folder), conditions.of(range(4), CPU, as_published=False)
    for index, record in enumerate(made.records):
        heard = made.clip(index, spec=SPEC).audio
        assert np.abs(heard - given.value[index].numpy()).max() <= 0.5 / 32768
        assert {name: record.meta[name] for name in ("condition_key", "condition_start")} == conditions.meta(index)
    pictures = [made.clip(index, spec=SPEC).video for index in range(4)]
    assert not np.array_equal(pictures[0], pictures[1])


def test_made_to_fit_pictures_movies_hold_these_pictures(run, movies):
    conditions = Conditions(movies, "video", SPEC, split="train", seed=0)
    made = open_clipset(sample_run(run, 2, conditions=conditions).base)
    given = conditions.of([1], CPU, as_published=False).value[0].permute(1, 2, 3, 0).numpy()
    levels = (given + 1) * 127.5
    assert np.abs(levels - levels.round()).max() < 1e-4
    # The movies are of one colour, which crf 10 keeps within a few levels.
    assert np.abs(made.clip(1, spec=SPEC).video - levels).max() < 8


def test_a_clip_set_without_the_given_modality_is_refused(tmp_path):
    silent = make_movies(tmp_path / "silent", 1, sound=False)
    with pytest.raises(DataError, match=r"silent: no clip has sound for 0\.4 s"):
        from_audio(silent)


def test_clips_shorter_than_the_network_wants_are_refused(tmp_path):
    short = make_movies(tmp_path / "short", 1, seconds=0.2)
    with pytest.raises(DataError, match=r"no clip has sound for 0\.4 s"):
        from_audio(short)


def test_an_unknown_split_is_answered_with_the_known_ones(tmp_path):
    for split in ("train", "test"):
        make_movies(tmp_path / "movies" / split, 1, seed=len(split))
    with pytest.raises(UsageError, match='no split "val", only test, train; choose one with --split'):
        Conditions(tmp_path / "movies", "audio", SPEC, split="val", seed=0)


def test_a_network_of_one_modality_cannot_be_given_the_other(run, movies, monkeypatch):
    from models.registry import MODELS

    monkeypatch.setattr(type(MODELS["toy"]), "modalities", ("video",))
    with pytest.raises(UsageError, match="toy-run makes video, and can be given nothing; it cannot be given audio"):
        sample_run(run, 1, conditions=from_audio(movies))
