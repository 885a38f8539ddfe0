import numpy as np

from avbench.media.jpeg import through_jpeg

GRADIENT = np.broadcast_to(np.linspace(0, 255, 64).astype(np.uint8)[:, None], (64, 64, 3)[:2])
PICTURE = np.stack([GRADIENT, GRADIENT.T, GRADIENT[::-1]], axis=-1)


def error(quality: int) -> float:
    return float(np.abs(through_jpeg(PICTURE, quality).astype(int) - PICTURE).mean())


def test_a_picture_comes_back_alike_and_the_better_the_higher_the_quality():
    assert error(95) < error(50) < error(5) and error(95) < 2


def test_red_stays_red():
    red = np.zeros((16, 16, 3), np.uint8) + np.array([200, 20, 20], np.uint8)
    assert np.allclose(through_jpeg(red, 90), red, atol=3)
