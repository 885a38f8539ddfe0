import numpy as np
import pytest

from pipelines.synthetic.backgrounds import BACKGROUNDS, background


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_a_background_is_a_picture_in_range(name, rng):
    pixels = background(name, 64, rng).pixels
    assert pixels.shape == (64, 64, 3)
    assert pixels.dtype == np.float32
    assert 0 <= pixels.min() and pixels.max() <= 1


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_a_background_varies(name):
    one, other = (background(name, 64, np.random.default_rng(seed)).pixels for seed in (2, 5))
    assert np.abs(one - other).mean() > 0.01


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_ink_stands_out_from_where_floors_and_frames_are_drawn(name, rng):
    place = background(name, 64, rng)
    assert np.abs(place.pixels[40:60].mean(axis=(0, 1)) - place.ink).sum() > 0.6


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_there_are_five_accents(name, rng):
    assert len(set(background(name, 64, rng).accents)) == 5
