"""A ball that bounces on the floor, ever lower, and to and fro between the walls."""

from math import floor, sqrt

import numpy as np

from pipelines.synthetic.backgrounds import Background
from pipelines.synthetic.canvas import Canvas
from pipelines.synthetic.scenes.scene import NOTES, Scene, folded, loudness_of, radius_of
from pipelines.synthetic.sound import RUBBER, Impact

_FLOOR = 0.88
_LOUDEST_FLOOR = 3.1  # speeds in picture sides per second
_LOUDEST_WALL = 2.0


class BouncingBall(Scene):
    """Parabolas between the bounces, each `restitution` times as fast as the last; uniform motion across."""

    material = RUBBER

    def __init__(self, rng: np.random.Generator, background: Background, seconds: float) -> None:
        self.ink = background.ink
        self.colour = background.accents[rng.integers(len(background.accents))]
        self.pitch = rng.choice(NOTES)
        self.radius = radius_of(self.pitch)
        self.gravity = rng.uniform(3, 7)  # picture sides per second squared
        restitution = rng.uniform(0.8, 0.92)
        height = rng.uniform(0.4, 0.7)
        self.across = rng.uniform(0.15, 0.65)
        self.began = rng.uniform(0, 2 * (1 - 2 * self.radius))  # along the way to and fro that `folded` folds

        # Bounce k is at bounces[k], and leaves at speeds[k]. The ball is let go from rest at time 0.
        self.bounces = [sqrt(2 * height / self.gravity)]
        self.speeds = [restitution * sqrt(2 * height * self.gravity)]
        while self.bounces[-1] < seconds:
            self.bounces.append(self.bounces[-1] + 2 * self.speeds[-1] / self.gravity)
            self.speeds.append(self.speeds[-1] * restitution)
        self.height = height

        floors = [
            Impact(
                time=time,
                x=self._x(time),
                y=_FLOOR,
                pitch_hz=self.pitch,
                loudness=loudness_of(speed / restitution, _LOUDEST_FLOOR),
            )
            for time, speed in zip(self.bounces, self.speeds, strict=True)
            if time < seconds
        ]
        self.impacts = tuple(sorted(floors + self._walls(seconds), key=lambda impact: impact.time))

    def draw_still(self, canvas: Canvas) -> None:
        canvas.box(0.5, (1 + _FLOOR) / 2, 1.1, 1 - _FLOOR, self.ink, alpha=0.25)
        canvas.box(0.5, _FLOOR + 0.004, 1.1, 0.008, self.ink, alpha=0.9)

    def draw(self, canvas: Canvas, time: float) -> None:
        x, y = self._x(time), self._y(time)
        closeness = max(1 - (_FLOOR - self.radius - y) / 0.8, 0)
        canvas.glow(x, _FLOOR + 0.02, self.radius * (1.2 - 0.5 * closeness), (0, 0, 0), 0.55 * closeness, flat=0.2)
        for step in (4, 3, 2, 1):
            if (before := time - step / 45) > 0:
                size, alpha = self.radius * (1 - step / 12), 0.22 - 0.04 * step
                canvas.disc(self._x(before), self._y(before), size, self.colour, alpha)
        canvas.ball(x, y, self.radius, self.colour)

    def _x(self, time: float) -> float:
        return float(folded(self.began + self.across * time, self.radius, 1 - self.radius))

    def _y(self, time: float) -> float:
        bounce = int(np.searchsorted(self.bounces, time, side="right")) - 1
        if bounce < 0:
            risen = self.height - self.gravity * time**2 / 2
        else:
            since = time - self.bounces[bounce]
            risen = self.speeds[bounce] * since - self.gravity * since**2 / 2
        return _FLOOR - self.radius - risen

    def _walls(self, seconds: float) -> list[Impact]:
        width = 1 - 2 * self.radius
        first = floor(self.began / width) + 1
        last = floor((self.began + self.across * seconds) / width)
        times = [(turn * width - self.began) / self.across for turn in range(first, last + 1)]
        return [
            Impact(
                time=time,
                x=float(turn % 2),  # odd turns are at the right wall
                y=self._y(time),
                pitch_hz=self.pitch,
                loudness=loudness_of(self.across, _LOUDEST_WALL),
            )
            for turn, time in enumerate(times, start=first)
        ]
