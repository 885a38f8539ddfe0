"""Bodies touch where and when an impact says so, and nowhere else do they overlap."""

import math

import numpy as np
import pytest

from pipelines.synthetic.backgrounds import background
from pipelines.synthetic.canvas import Canvas, Colour
from pipelines.synthetic.scenes import SCENES
from pipelines.synthetic.scenes.billiards import Billiards
from pipelines.synthetic.scenes.bouncing_ball import BouncingBall
from pipelines.synthetic.scenes.scene import NOTES, Scene, folded, loudness_of, radius_of

SEEDS = range(5)


class Watcher(Canvas):
    """A canvas that remembers the balls painted on it."""

    def __init__(self) -> None:
        super().__init__(np.zeros((32, 32, 3), dtype=np.float32))
        self.balls: list[tuple[float, float, float]] = []

    def ball(self, x: float, y: float, radius: float, colour: Colour) -> None:
        self.balls.append((x, y, radius))


def make(name: str, seed: int) -> Scene:
    rng = np.random.default_rng(seed)
    return SCENES[name](rng, background("paper", 32, rng), 3.2)


def balls(scene: Scene, time: float) -> list[tuple[float, float, float]]:
    canvas = Watcher()
    scene.draw(canvas, time)
    return canvas.balls


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SCENES)
def test_a_body_touches_the_point_of_impact_at_its_instant(name, seed):
    for impact in (scene := make(name, seed)).impacts:
        gaps = [abs(math.hypot(x - impact.x, y - impact.y) - r) for x, y, r in balls(scene, impact.time - 1e-9)]
        assert min(gaps) < 1e-7


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SCENES)
def test_impacts_come_in_the_order_of_time_within_the_clip(name, seed):
    times = [impact.time for impact in make(name, seed).impacts]
    assert len(times) >= 3
    assert times == sorted(times)
    assert 0 <= times[0] and times[-1] < 3.2


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", sorted(set(SCENES) - {"drops"}))
def test_no_body_leaves_the_picture_or_jumps(name, seed):
    scene = make(name, seed)
    places = np.array([balls(scene, time) for time in np.arange(0, 3.2, 0.01)])  # (times, balls, 3)
    x, y, radius = np.moveaxis(places, -1, 0)
    for place in (x, y):
        assert (place - radius).min() > -1e-9 and (place + radius).max() < 1 + 1e-9
    assert np.hypot(np.diff(x, axis=0), np.diff(y, axis=0)).max() < 0.06  # 6 picture sides per second


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["billiards", "cradle"])
def test_balls_never_overlap(name, seed):
    scene = make(name, seed)
    for time in np.arange(0, 3.2, 0.02):
        together = balls(scene, time)
        for place, (x, y, radius) in enumerate(together):
            for other_x, other_y, other_radius in together[:place]:
                assert math.hypot(x - other_x, y - other_y) > radius + other_radius - 1e-7


@pytest.mark.parametrize("seed", SEEDS)
def test_billiards_keep_their_energy(seed):
    scene = make("billiards", seed)
    assert isinstance(scene, Billiards)
    energies = [(scene.radii**3 * (velocities**2).sum(axis=1)).sum() for _, _, velocities in scene.legs]
    assert energies == pytest.approx([energies[0]] * len(energies))


def test_a_bouncing_ball_falls_as_galileo_says():
    scene = make("bouncing_ball", 1)
    assert isinstance(scene, BouncingBall)
    heights = [balls(scene, time)[0][1] for time in (0.0, 0.1, 0.2)]
    assert np.diff(heights, n=2) == pytest.approx(scene.gravity * 0.1**2)


@pytest.mark.parametrize("name", SCENES)
def test_the_flash_of_an_impact_comes_with_it_and_not_before(name):
    scene = make(name, 0)
    first = scene.impacts[0]
    canvas = Canvas(np.full((64, 64, 3), 0.5, dtype=np.float32))
    scene.draw_flashes(canvas, first.time - 1e-6)
    assert np.all(canvas.pixels == 0.5)
    scene.draw_flashes(canvas, first.time)
    changed = np.argwhere((canvas.pixels != 0.5).any(axis=-1)) / 64
    assert np.abs(changed - (first.y, first.x)).max() < 0.15


def test_the_smaller_ball_has_the_higher_note():
    radii = [radius_of(note) for note in NOTES]
    assert radii == sorted(radii, reverse=True)


def test_loudness_grows_with_speed_up_to_half_of_full_scale():
    assert loudness_of(0, 2) < loudness_of(1, 2) < loudness_of(2, 2) == loudness_of(3, 2) == pytest.approx(0.5)


def test_a_folded_way_turns_at_the_walls():
    assert folded(np.array([0, 0.3, 0.6, 0.9, 1.2, 1.5]), 0.2, 0.8) == pytest.approx([0.2, 0.5, 0.8, 0.5, 0.2, 0.5])
