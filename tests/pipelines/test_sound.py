import numpy as np
import pytest

from pipelines.sound import store_channels


@pytest.mark.parametrize("channels", [1, 2])
def test_leaves_mono_and_stereo_as_they_are(channels):
    audio = np.random.default_rng(0).uniform(-1, 1, (channels, 50)).astype(np.float32)
    assert np.array_equal(store_channels(audio, "native"), audio)


@pytest.mark.parametrize(
    ("speaker", "left", "right"),
    [(0, 1, 0), (1, 0, 1), (2, 0.5**0.5, 0.5**0.5), (3, 0, 0), (4, 0.5**0.5, 0), (5, 0, 0.5**0.5)],
)
def test_mixes_each_channel_of_5_1_to_its_sides(speaker, left, right):
    audio = np.zeros((6, 4), np.float32)
    audio[speaker] = 0.5
    assert store_channels(audio, "native")[:, 0] == pytest.approx([0.5 * left, 0.5 * right])


def test_scales_a_downmix_that_would_clip():
    stereo = store_channels(np.ones((6, 4), np.float32), "native")
    assert stereo.max() == 1 and stereo.shape == (2, 4)


def test_stores_one_channel_when_asked():
    audio = np.array([[0.2, 0.2], [0.6, 0.6]], np.float32)
    assert store_channels(audio, "left") == pytest.approx(np.array([[0.2, 0.2]]))
    assert store_channels(audio, "mix") == pytest.approx(np.array([[0.4, 0.4]]))


@pytest.mark.parametrize("channels", [3, 4, 5, 7, 8, 12])
def test_gives_two_channels_for_any_layout(channels):
    assert store_channels(np.zeros((channels, 4), np.float32), "native").shape == (2, 4)
