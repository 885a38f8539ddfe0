import numpy as np
import pytest

from pipelines.synthetic.canvas import Canvas, mixed

WHITE = (1.0, 1.0, 1.0)


@pytest.fixture
def canvas() -> Canvas:
    """A black one, 64 pixels wide."""
    return Canvas(np.zeros((64, 64, 3), dtype=np.float32))


def painted(canvas: Canvas) -> float:
    """Area painted white, in square sides of the picture."""
    return float(canvas.pixels[..., 0].mean())


def test_a_disc_covers_its_area_although_it_has_no_whole_pixels_at_the_rim(canvas):
    canvas.disc(0.511, 0.487, 0.213, WHITE)
    assert painted(canvas) == pytest.approx(np.pi * 0.213**2, rel=2e-3)


def test_a_disc_moved_by_a_tenth_of_a_pixel_moves_its_centre_of_mass_by_as_much(canvas):
    other = Canvas(canvas.pixels)
    canvas.disc(0.5, 0.5, 0.1, WHITE)
    other.disc(0.5 + 0.1 / 64, 0.5, 0.1, WHITE)
    centres = [(c.pixels[..., 0].sum(axis=0) @ np.arange(64)) / c.pixels[..., 0].sum() for c in (canvas, other)]
    assert centres[1] - centres[0] == pytest.approx(0.1, abs=0.01)


def test_a_box_covers_its_area_less_its_corners(canvas):
    canvas.box(0.5, 0.5, 0.5, 0.3, WHITE, corner=0.1)
    assert painted(canvas) == pytest.approx(0.15 - (4 - np.pi) * 0.01, rel=5e-3)


def test_a_line_has_round_ends(canvas):
    canvas.line((0.2, 0.3), (0.7, 0.6), 0.08, WHITE)
    assert painted(canvas) == pytest.approx(np.hypot(0.5, 0.3) * 0.08 + np.pi * 0.04**2, rel=5e-3)


def test_a_ring_covers_its_area(canvas):
    canvas.ring(0.5, 0.5, 0.3, 0.06, WHITE, 1.0)
    assert painted(canvas) == pytest.approx(2 * np.pi * 0.3 * 0.06, rel=5e-3)


def test_a_ring_lies_flat(canvas):
    canvas.ring(0.5, 0.5, 0.3, 0.06, WHITE, 1.0, flat=0.25)
    rows, columns = (np.flatnonzero(canvas.pixels[..., 0].any(axis=axis)) for axis in (1, 0))
    assert np.ptp(rows) < 0.4 * np.ptp(columns)


def test_a_glow_is_strongest_in_its_middle(canvas):
    canvas.glow(0.5, 0.5, 0.1, WHITE, 0.8)
    assert canvas.pixels[32, 32, 0] == pytest.approx(0.8, abs=0.01)
    assert np.all(np.diff(canvas.pixels[32, 32:, 0]) <= 0)


def test_a_ball_is_lit_from_the_upper_left_and_keeps_inside_its_rim(canvas):
    canvas.ball(0.5, 0.5, 0.25, (0.8, 0.3, 0.3))
    assert canvas.pixels[24, 24].sum() > 1.5 * canvas.pixels[40, 40].sum()
    assert not canvas.pixels[:15].any()


def test_what_lies_outside_the_picture_is_not_drawn(canvas):
    canvas.ball(-0.5, 1.7, 0.2, WHITE)
    canvas.line((1.2, 0.1), (1.4, 0.9), 0.05, WHITE)
    assert not canvas.pixels.any()


def test_painting_leaves_the_picture_it_began_from(canvas):
    before = canvas.pixels
    Canvas(before).disc(0.5, 0.5, 0.4, WHITE)
    assert not before.any()


def test_levels_are_rounded_and_held_in_range(canvas):
    canvas.pixels[0, 0] = (-0.2, 0.5, 1.2)
    assert canvas.to_uint8()[0, 0].tolist() == [0, 128, 255]


def test_mixed_goes_from_one_colour_to_the_other():
    assert mixed((0, 0.5, 1), (1, 0.5, 0), 0.25) == pytest.approx((0.25, 0.5, 0.75))
