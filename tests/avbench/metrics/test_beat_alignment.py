import math

import numpy as np
import pytest

from avbench.metrics.beat_alignment import beat_alignment, closeness, motion_beats

FPS, HOP_SECONDS = 10.0, 512 / 22_050


def heard(*frames: int) -> np.ndarray:
    marks = np.zeros((1, 69), np.float32)
    marks[0, list(frames)] = 1
    return marks


def pausing(*frames: int) -> np.ndarray:
    """Rows (1, 16) of `optical_flow`, standing still in the given frames."""
    flow = np.ones((1, 16), np.float32)
    flow[0, list(frames)] = 0
    return flow


def test_closeness_is_a_bell_around_the_nearest_beat():
    motion, music = np.array([0.5, 0.55, 1.2]), np.array([0.5, 1.0, 1.4])
    wanted = [1, math.exp(-(0.05**2) / (2 * 0.05**2)), math.exp(-(0.2**2) / (2 * 0.05**2))]
    np.testing.assert_allclose(closeness(motion, music), wanted)


def test_without_music_nothing_is_close():
    assert closeness(np.array([0.5, 1.0]), np.array([])).tolist() == [0, 0]


def test_beats_of_motion_are_strict_local_minima():
    assert motion_beats(np.array([0, 2, 1, 2, 1, 1, 2, 0.5, 3, 0])).tolist() == [2, 7]


def test_a_dance_that_pauses_on_the_beat_scores_one():
    marks, flow = heard(round(0.5 / HOP_SECONDS)), pausing(5)
    assert beat_alignment(marks, flow, FPS).mean() == pytest.approx(1, abs=0.03)  # librosa's grid is 23 ms wide


def test_clips_are_pooled_by_their_beats_of_motion():
    sound = np.concatenate([heard(0), heard(0), heard()])
    picture = np.concatenate([pausing(5, 8, 11), pausing(2), pausing()])
    scores = beat_alignment(sound, picture, FPS)
    one_by_one = [math.exp(-((frame / FPS) ** 2) / (2 * 0.05**2)) for frame in (5, 8, 11, 2)]
    assert scores.mean() == pytest.approx(np.mean(one_by_one))
    assert scores.weights.tolist() == [3, 1, 0]


def test_a_clip_that_never_pauses_has_no_value_of_its_own():
    scores = beat_alignment(heard(5), pausing(), FPS)
    assert np.isnan(scores.by_clip()).all() and scores.mean() == 0
