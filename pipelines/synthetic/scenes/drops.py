"""Drops that fall into a pond: each rings as it meets the water, and sends out ripples."""

from math import exp, sqrt

import numpy as np

from pipelines.synthetic.backgrounds import Background
from pipelines.synthetic.canvas import Canvas, Colour, mixed
from pipelines.synthetic.scenes.scene import NOTES, Scene, loudness_of, radius_of
from pipelines.synthetic.sound import WATER, Impact

_WATER: Colour = (0.16, 0.42, 0.62)
_FOAM: Colour = (0.9, 0.97, 1.0)
_SIZE = 0.45  # of a ball that rings at the same pitch elsewhere
_FLAT = 0.28  # how a circle on the water looks
_RIPPLE_SPEED = 0.22  # picture sides per second


class Drops(Scene):
    """Each drop falls freely from above the picture, and touches the water at an instant drawn beforehand."""

    material = WATER
    flash_flat = _FLAT

    def __init__(self, rng: np.random.Generator, background: Background, seconds: float) -> None:
        self.ink = background.ink
        self.surface = rng.uniform(0.6, 0.75)
        self.gravity = rng.uniform(2, 5)  # picture sides per second squared
        self.colour = mixed(background.accents[rng.integers(len(background.accents))], (0.75, 0.9, 1), 0.5)
        impacts = []
        time = rng.uniform(0.15, 0.5)
        while time < seconds:
            depth = rng.uniform(0.05, 0.8)  # how near the viewer, as a share of the pond
            fall = rng.uniform(0.5, 1.0)  # from where it is let go, above or within the picture
            impacts.append(
                Impact(
                    time=time,
                    x=rng.uniform(0.1, 0.9),
                    y=self.surface + depth * (1 - self.surface),
                    pitch_hz=2 * rng.choice(NOTES),
                    loudness=loudness_of(sqrt(2 * self.gravity * fall), 3.2),
                )
            )
            time += rng.uniform(0.22, 0.6)
        self.impacts = tuple(impacts)

    def draw_still(self, canvas: Canvas) -> None:
        height = 1 - self.surface
        canvas.box(0.5, self.surface + height / 2, 1.1, height, _WATER, alpha=0.8)
        for step in range(1, 8):  # darker towards the viewer
            canvas.box(0.5, 1, 1.1, 2 * height * (1 - step / 8), (0.04, 0.16, 0.32), alpha=0.09)
        canvas.box(0.5, self.surface, 1.1, 0.006, mixed(self.ink, (1, 1, 1), 0.5), alpha=0.7)

    def draw(self, canvas: Canvas, time: float) -> None:
        for impact in self.impacts:
            radius = _SIZE * radius_of(impact.pitch_hz / 2)
            age = time - impact.time
            if age < 0:
                self._draw_falling(canvas, impact, radius, -age)
            else:
                self._draw_ripples(canvas, impact, radius, age)

    def _draw_falling(self, canvas: Canvas, impact: Impact, radius: float, ahead: float) -> None:
        """A drop that will meet the water in `ahead` seconds, its lowest point first."""
        speed = sqrt(2 * self.gravity * (impact.y + 2 * radius))
        y = impact.y - radius - speed * ahead + self.gravity * ahead**2 / 2
        if y < -2 * radius or ahead > speed / self.gravity:
            return
        canvas.glow(impact.x, impact.y, radius, (0, 0, 0), 0.35 * max(1 - 2.5 * ahead, 0), flat=_FLAT)
        for step in range(1, 6):  # the drop's tail
            canvas.disc(impact.x, y - step * 0.5 * radius, radius * (1 - step / 6), self.colour)
        canvas.ball(impact.x, y, radius, self.colour)

    def _draw_ripples(self, canvas: Canvas, impact: Impact, radius: float, age: float) -> None:
        for ripple in range(3):
            grown = age - 0.13 * ripple
            if grown > 0:
                alpha = (0.35 + impact.loudness) * exp(-grown / 0.35)
                reach = radius + _RIPPLE_SPEED * grown
                canvas.ring(impact.x, impact.y, reach, 0.009, _FOAM, alpha, flat=_FLAT)
        for side in (-1.6, -0.7, 0.7, 1.6):  # the splash: droplets on parabolas
            up = (1.1 - 0.25 * abs(side)) * sqrt(impact.loudness) * age - self.gravity * age**2 / 2
            if up > 0:
                canvas.disc(impact.x + 0.16 * side * age, impact.y - up, 0.28 * radius, self.colour)
