import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn.neighbors import NearestNeighbors

from avbench.errors import DataError
from avbench.metrics.memorisation import (
    held_out_nearer,
    joint_space,
    nearest,
    nearest_of_other_sources,
    share_nearer,
)


def test_the_nearest_agree_with_sklearn():
    rng = np.random.default_rng(0)
    training, clips = rng.normal(size=(50, 6)), rng.normal(size=(20, 6))
    distance, index = NearestNeighbors(n_neighbors=1).fit(training).kneighbors(clips)
    found = nearest(training, clips)
    assert found.index.tolist() == index[:, 0].tolist()
    np.testing.assert_allclose(found.distance, distance[:, 0])


def test_a_copy_is_at_no_distance_of_its_original():
    training = np.random.default_rng(1).normal(size=(30, 100)) + 1000
    found = nearest(training, training[[7, 3]])
    assert found.index.tolist() == [7, 3] and found.distance.tolist() == [0, 0]


def test_the_held_out_baseline_passes_over_clips_of_the_same_source():
    training, sources = np.array([[0.0], [0.1], [5.0], [7.0]]), np.array([0, 0, 1, 2])
    found = nearest_of_other_sources(training, sources)
    assert found.index.tolist() == [2, 2, 3, 2]
    np.testing.assert_allclose(found.distance, [5, 4.9, 2, 2])


def test_one_source_has_no_baseline():
    with pytest.raises(DataError, match="one source video"):
        nearest_of_other_sources(np.zeros((3, 2)), np.zeros(3, int))


def test_each_clip_has_the_share_of_held_out_clips_that_are_nearer_ties_by_half():
    shares = held_out_nearer(np.array([0.0, 2.0, 2.5, 9.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert shares.tolist() == [0, 0.375, 0.5, 1]


def test_the_share_is_that_of_mann_and_whitney():
    rng = np.random.default_rng(2)
    generated, held_out = rng.integers(0, 20, 40).astype(float), rng.integers(0, 20, 60).astype(float)
    wins = mannwhitneyu(held_out, generated).statistic
    assert share_nearer(generated, held_out) == pytest.approx(wins / (40 * 60))


def test_copies_show_among_clips_that_are_like_held_out_ones():
    rng = np.random.default_rng(3)
    training = rng.normal(size=(300, 5))
    baseline = nearest_of_other_sources(training, np.arange(300)).distance
    fresh = rng.normal(size=(300, 5))
    half_copied = np.concatenate([fresh[:150], training[:150] + 0.01 * rng.normal(size=(150, 5))])
    assert share_nearer(nearest(training, fresh).distance, baseline) == pytest.approx(0.5, abs=0.07)
    assert share_nearer(nearest(training, half_copied).distance, baseline) == pytest.approx(0.75, abs=0.07)


def test_in_the_joint_space_picture_and_sound_weigh_alike():
    rng = np.random.default_rng(4)
    video, audio = 1000 * rng.normal(size=(80, 3)), 0.01 * rng.normal(size=(80, 9))
    joint = joint_space(video, audio, training=slice(0, 60))
    assert joint.shape == (80, 12)
    for part in (joint[:60, :3], joint[:60, 3:]):
        assert part.var(axis=0).sum() == pytest.approx(1)


def test_a_constant_sound_leaves_the_joint_space_finite():
    assert np.isfinite(joint_space(np.random.default_rng(5).normal(size=(9, 2)), np.zeros((9, 3)), slice(0, 9))).all()
