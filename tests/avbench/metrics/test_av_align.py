import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avbench.metrics.av_align import av_align, intersection_over_union, motion_peaks

FPS, FRAMES, HOP_SECONDS = 10.0, 16, 512 / 22_050


def heard(*seconds: float) -> np.ndarray:
    """Rows (1, 69) of `onset_peaks` with onsets at about the given times."""
    marks = np.zeros((1, 69), np.float32)
    marks[0, [round(second / HOP_SECONDS) for second in seconds]] = 1
    return marks


def seen(*frames: int, height: float = 1.0) -> np.ndarray:
    """Rows (1, 16) of `optical_flow` with peaks in the given frames."""
    flow = np.zeros((1, FRAMES), np.float32)
    flow[0, list(frames)] = height
    return flow


@pytest.mark.parametrize(
    ("sounds", "motions", "value"),
    [
        ([0.5], [0.5], 1),
        ([0.5], [0.59], 1),
        ([0.5], [0.625], 0),  # further apart than a frame
        ([0.5, 1.0], [0.5], 1 / 2),
        ([0.5], [0.5, 1.0, 1.25], 1 / 3),
        ([0.5, 1.0], [1.5], 0),
        ([0.5, 0.55], [0.52], 1 / 2),  # a motion serves one sound only
        ([0.5, 0.55], [0.45, 0.6], 1),
        ([0.5, 0.55], [0.52, 0.62], 1),  # the first sound takes the first motion in reach, not the last
        ([], [0.5], 0),
        ([0.5], [], 0),
        ([], [], 0),  # nothing is aligned where nothing happens
    ],
)
def test_what_meets_counts_by_all_that_happens(sounds, motions, value):
    assert intersection_over_union(np.array(sounds), np.array(motions), 0.1) == pytest.approx(value)


def test_exactly_one_frame_apart_is_too_far():
    assert intersection_over_union(np.array([0.0]), np.array([0.125]), 0.125) == 0


def test_peaks_are_strict_local_maxima_that_move_enough():
    flow = np.array([9, 1, 2, 1, 3, 3, 1, 0.09, 0.08, 0.1, 0.05, 0.099, 0, 9], np.float32)
    assert motion_peaks(flow).tolist() == [2, 9]  # no ends, no plateau, nothing below 0.1 pixels


def test_a_clip_whose_sounds_begin_as_it_moves_is_aligned():
    scores = av_align(heard(0.3, 0.8), seen(3, 8), FPS)
    assert scores.mean() == 1 and scores.by_clip().tolist() == [1]


def test_a_late_sound_is_not():
    assert av_align(heard(0.5, 1.0), seen(3, 8), FPS).mean() == 0


def test_the_set_is_worth_its_mean_clip_and_a_clip_without_events_counts_as_nothing():
    sound = np.concatenate([heard(0.3), heard(0.3), heard()])
    picture = np.concatenate([seen(3), seen(3, 8), seen()])
    scores = av_align(sound, picture, FPS)
    assert scores.values.tolist() == [1, 0.5, 0]
    assert scores.mean() == pytest.approx(0.5)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_is_bounded_by_zero_and_one(seed):
    rng = np.random.default_rng(seed)
    scores = av_align((rng.random((4, 69)) < 0.2).astype(np.float32), rng.random((4, FRAMES)), FPS)
    assert ((scores.values >= 0) & (scores.values <= 1)).all()
