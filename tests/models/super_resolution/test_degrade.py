import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.super_resolution.degrade import bicubic, degrade, to_levels, to_signed

GREY = np.full((64, 64, 3), 128, np.uint8)
NOISY = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)


class Decided:
    """A generator whose draws of chances and numbers are known; noise is real."""

    def __init__(self, *chances: float, sigma: float = 20.0, quality: int = 20) -> None:
        self._chances = iter(chances)
        self._sigma, self._quality = sigma, quality
        self._noise = np.random.default_rng(1)
        self.asked: list[tuple[float, float]] = []

    def random(self) -> float:
        return next(self._chances)

    def uniform(self, low: float, high: float) -> float:
        self.asked.append((low, high))
        return self._sigma

    def integers(self, low: int, high: int) -> int:
        self.asked.append((low, high))
        return self._quality

    def standard_normal(self, shape, dtype):
        return self._noise.standard_normal(shape, dtype)


NOISE_ONLY, JPEG_ONLY, BOTH, NEITHER = (0.49, 0.5), (0.5, 0.49), (0.49, 0.49), (0.5, 0.5)


def test_half_of_the_pictures_get_noise_and_half_jpeg_independently():
    counts = np.zeros((2, 2), int)
    for seed in range(400):
        damaged = degrade(GREY, np.random.default_rng(seed), degradation="released")
        # JPEG leaves grey as it is; noise without JPEG is not whole.
        counts[int(damaged.std() > 0), int((damaged == np.rint(damaged)).all())] += 1
    assert counts[0, 0] == 0  # no noise: whole, with JPEG or without
    assert counts[1, 0] == pytest.approx(100, abs=30)  # noise alone
    assert counts[1, 1] == pytest.approx(100, abs=30)  # noise and JPEG


@pytest.mark.parametrize("degradation", ["paper", "released"])
def test_a_picture_that_is_spared_stays_as_it_is(degradation):
    assert np.array_equal(degrade(NOISY, Decided(*NEITHER), degradation=degradation), NOISY)


def test_noise_has_the_drawn_sigma_of_0_to_20_levels():
    generator = Decided(*NOISE_ONLY, sigma=7.0)
    damaged = degrade(GREY, generator, degradation="released")
    assert generator.asked == [(0, 20)] and damaged.std() == pytest.approx(7, rel=0.05)
    assert damaged.mean() == pytest.approx(128, abs=0.3)


def test_jpeg_has_a_whole_quality_of_20_to_79():
    generator = Decided(*JPEG_ONLY)
    degrade(GREY, generator)
    assert generator.asked == [(20, 80)]


def test_noise_is_rounded_and_clipped_as_in_a_picture_or_as_released_left_alone():
    black = np.zeros((32, 32, 3), np.uint8)
    paper, released = (degrade(black, Decided(*NOISE_ONLY), degradation=name) for name in ("paper", "released"))
    assert paper.min() == 0 and np.array_equal(paper, np.rint(paper))
    assert released.min() < 0 and not np.array_equal(released, np.rint(released))
    assert np.array_equal(paper, np.clip(np.rint(released), 0, 255))


def test_the_released_jpeg_takes_red_for_blue():
    paper = degrade(NOISY, Decided(*JPEG_ONLY), degradation="paper")
    swapped = degrade(NOISY[..., ::-1], Decided(*JPEG_ONLY), degradation="released")
    assert np.array_equal(swapped, paper[..., ::-1])
    assert not np.array_equal(degrade(NOISY, Decided(*JPEG_ONLY), degradation="released"), paper)


def test_equal_generators_give_equal_damage():
    one, other = (degrade(NOISY, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one, other)


def test_bicubic_reduction_by_4_takes_the_middle_of_each_block_without_antialias():
    # Keys' kernel with a = -0.75 at half-pixel offsets: the middle two of the four samples and little of the outer.
    row = np.arange(16, dtype=np.uint8) ** 2
    picture = np.broadcast_to(row[None, :, None], (16, 16, 3))
    weights = np.array([-0.09375, 0.59375, 0.59375, -0.09375])
    expected = np.rint([row[4 * k : 4 * k + 4] @ weights for k in range(4)])
    assert np.array_equal(bicubic(picture, 4)[0, :, 0], expected)


def test_bicubic_enlargement_keeps_what_is_flat():
    assert np.array_equal(bicubic(GREY, 256), np.full((256, 256, 3), 128))


@given(level=st.integers(0, 255))
def test_levels_survive_the_way_to_the_network_and_back(level):
    picture = np.full((2, 2, 3), level, np.uint8)
    assert np.array_equal(to_levels(to_signed(picture)), picture)


def test_networks_see_levels_in_minus_1_to_1_channels_first():
    picture = np.zeros((2, 4, 3), np.uint8)
    picture[..., 0] = 255
    signed = to_signed(picture)
    assert signed.shape == (3, 2, 4) and signed[0].eq(1).all() and signed[1:].eq(-1).all()


def test_pictures_out_of_range_are_clipped():
    assert to_levels(torch.tensor([-3.0, 0, 3]).reshape(3, 1, 1)).ravel().tolist() == [0, 128, 255]
