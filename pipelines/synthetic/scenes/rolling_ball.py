"""A ball that rolls over planks: it rumbles, clicks at every seam, knocks at the walls, and slows down."""

from math import cos, floor, sin, sqrt
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipelines.synthetic.backgrounds import Background
from pipelines.synthetic.canvas import Canvas, mixed
from pipelines.synthetic.scenes.scene import NOTES, Scene, folded, loudness_of, radius_of
from pipelines.synthetic.sound import PLANK, Impact, coloured_noise, gains

_FLOOR = 0.72
_LOUDEST_SEAM = 2.0  # speeds in picture sides per second
_LOUDEST_WALL = 1.0
_RUMBLE = 0.02  # standard deviation of the rolling sound at speed 1, in full scale
_Real = TypeVar("_Real", float, NDArray[np.float64])


class RollingBall(Scene):
    """The way gone is a parabola of time, folded between the walls; seams are crossed at its roots."""

    material = PLANK

    def __init__(self, rng: np.random.Generator, background: Background, seconds: float) -> None:
        self.ink = background.ink
        self.colour, self.plank_colour = (background.accents[index] for index in rng.permutation(5)[:2])
        self.pitch = rng.choice(NOTES)
        self.radius = radius_of(self.pitch)
        self.planks = rng.integers(4, 8)
        self.began = rng.uniform(0, 2 * (1 - 2 * self.radius))  # along the way to and fro that `folded` folds
        self.speed = rng.uniform(0.45, 0.95)
        self.braking = rng.uniform(0.3, 0.8) * self.speed / seconds  # it still rolls when the clip ends

        turns = 1 - 2 * self.radius
        last = floor(self._way(seconds) / turns)
        seams = [seam for seam in np.arange(1, self.planks) / self.planks if self.radius < seam < 1 - self.radius]
        impacts = [
            self._impact(turn * turns, x=float(turn % 2), y=_FLOOR - self.radius, loudest=_LOUDEST_WALL)
            for turn in range(floor(self.began / turns) + 1, last + 1)
        ]
        for turn in range(last + 1):
            for seam in seams:
                gone = seam - self.radius if turn % 2 == 0 else 1 - self.radius - seam
                if self.began < (way := turn * turns + gone) < self._way(seconds):
                    impacts.append(self._impact(way, x=seam, y=_FLOOR, loudest=_LOUDEST_SEAM))
        self.impacts = tuple(sorted(impacts, key=lambda impact: impact.time))

    def draw_still(self, canvas: Canvas) -> None:
        canvas.box(0.5, (1 + _FLOOR) / 2, 1.1, 1 - _FLOOR, mixed(self.plank_colour, (0.1, 0.06, 0.04), 0.8))
        for plank in range(self.planks):
            shade = mixed(self.plank_colour, (0.35, 0.2, 0.12), 0.6 if plank % 2 else 0.45)
            canvas.box((plank + 0.5) / self.planks, _FLOOR + 0.06, 1 / self.planks - 0.008, 0.12, shade, corner=0.006)

    def draw(self, canvas: Canvas, time: float) -> None:
        x = float(self._x(time))
        canvas.glow(x, _FLOOR + 0.015, self.radius * 0.8, (0, 0, 0), 0.5, flat=0.2)
        canvas.ball(x, _FLOOR - self.radius, self.radius, self.colour)
        for spot in range(3):  # painted on, so that one sees it turn
            angle = x / self.radius + spot * 2 * np.pi / 3
            away = 0.58 * self.radius
            spot_x, spot_y = x + away * cos(angle), _FLOOR - self.radius + away * sin(angle)
            canvas.disc(spot_x, spot_y, 0.2 * self.radius, mixed(self.colour, (0.1, 0.05, 0.1), 0.7))

    def hum(self, times: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
        speeds = self.speed - self.braking * times
        return _RUMBLE * speeds * gains(2 * self._x(times) - 1) * coloured_noise(len(times), 2.5, rng)

    def _way(self, time: _Real) -> _Real:
        return self.began + self.speed * time - self.braking * time**2 / 2

    def _x(self, time: _Real) -> NDArray[np.float64]:
        return folded(self._way(time), self.radius, 1 - self.radius)

    def _impact(self, way: float, *, x: float, y: float, loudest: float) -> Impact:
        """What sounds when the ball has come to `way`."""
        speed = sqrt(self.speed**2 - 2 * self.braking * (way - self.began))
        time = (self.speed - speed) / self.braking
        return Impact(time=time, x=x, y=y, pitch_hz=self.pitch, loudness=loudness_of(speed, loudest))
