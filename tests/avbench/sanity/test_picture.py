import numpy as np
import pytest
import torch

from avbench.sanity.picture import black, blur, frame_drop, frame_shuffle, noise

FRAMES = 16


@pytest.fixture
def randomness():
    return np.random.default_rng(0)


@pytest.fixture
def numbered():
    """A picture whose frame k is as bright as k / 16 all over."""
    return (torch.arange(FRAMES) / FRAMES)[None, :, None, None].expand(3, FRAMES, 32, 32).clone()


def shown(picture):
    """The numbers of the frames that a numbered picture shows."""
    return (picture[0, :, 0, 0] * FRAMES).round().int().tolist()


def test_noise_has_the_standard_deviation_that_was_asked_for(randomness):
    grey = torch.full((3, FRAMES, 64, 64), 0.5)
    assert noise(grey, 0.1, 10.0, randomness).std().item() == pytest.approx(0.1, rel=0.01)


def test_blur_spreads_a_point_by_sigma(randomness):
    point = torch.zeros(3, 1, 65, 65)
    point[:, :, 32, 32] = 1
    spread = blur(point, 3 / 65, 10.0, randomness)[0, 0]
    distance = torch.arange(65) - 32.0
    assert (spread.sum(0) * distance**2).sum().sqrt().item() == pytest.approx(3.0, rel=0.03)
    assert spread.sum().item() == pytest.approx(1.0, rel=1e-4)


@pytest.mark.parametrize("share", [0.125, 0.25, 0.5, 1.0])
def test_shuffling_moves_the_share_of_frames_and_loses_none(numbered, share, randomness):
    order = shown(frame_shuffle(numbered, share, 10.0, randomness))
    assert sorted(order) == list(range(FRAMES))
    assert sum(frame != place for place, frame in enumerate(order)) == share * FRAMES


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75, 1.0])
def test_a_dropped_frame_shows_the_last_one_that_was_kept(numbered, share, randomness):
    order = shown(frame_drop(numbered, share, 10.0, randomness))
    kept = {frame for place, frame in enumerate(order) if frame == place}
    assert len(kept) == FRAMES - round(share * (FRAMES - 1))
    assert order == [max(frame for frame in kept if frame <= place) for place in range(FRAMES)]


def test_dropping_all_frames_freezes_the_first(numbered, randomness):
    assert shown(frame_drop(numbered, 1.0, 10.0, randomness)) == [0] * FRAMES


def test_the_end_goes_black(numbered, randomness):
    white = torch.ones_like(numbered)
    assert shown(black(white, 0.25, 10.0, randomness)) == [FRAMES] * 12 + [0] * 4
