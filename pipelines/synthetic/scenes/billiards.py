"""Balls on a table, seen from above: they strike the cushions and each other."""

from math import hypot, inf, sqrt

import numpy as np
from numpy.typing import NDArray

from pipelines.synthetic.backgrounds import Background
from pipelines.synthetic.canvas import Canvas, mixed
from pipelines.synthetic.scenes.scene import NOTES, Scene, loudness_of, radius_of
from pipelines.synthetic.sound import IVORY, Impact

_CUSHION = 0.045
_LOUDEST = 1.4  # speed in picture sides per second
_Vectors = NDArray[np.float64]  # (balls, 2)


class Billiards(Scene):
    """Straight lines between elastic collisions; the instant of the next one is the root of a quadratic."""

    material = IVORY

    def __init__(self, rng: np.random.Generator, background: Background, seconds: float) -> None:
        self.ink = background.ink
        balls = rng.integers(2, 5)
        self.pitches = rng.permutation(NOTES)[:balls]
        self.radii = np.array([radius_of(pitch) for pitch in self.pitches])
        self.colours = [background.accents[index] for index in rng.permutation(len(background.accents))[:balls]]

        # Each ball begins in a quarter of its own, so that none touch.
        corners = np.array([[0.29, 0.29], [0.71, 0.71], [0.71, 0.29], [0.29, 0.71]])[rng.permutation(4)[:balls]]
        angles = rng.uniform(0, 2 * np.pi, size=balls)
        speeds = rng.uniform(0.35, 0.9, size=(balls, 1))
        # Legs between collisions: when each begins, where the balls are then, and how they go on.
        self.legs: list[tuple[float, _Vectors, _Vectors]] = [
            (0.0, corners + rng.uniform(-0.05, 0.05, size=(balls, 2)), speeds * _directions(angles))
        ]
        impacts: list[Impact] = []
        while (impact := self._collide()).time < seconds:
            impacts.append(impact)
        self.impacts = tuple(impacts)

    def draw_still(self, canvas: Canvas) -> None:
        wood = mixed(self.ink, (0.45, 0.25, 0.15), 0.6)
        for side in (0, 1):
            canvas.box(side, 0.5, 2 * _CUSHION, 1.1, wood)
            canvas.box(0.5, side, 1.1, 2 * _CUSHION, wood)

    def draw(self, canvas: Canvas, time: float) -> None:
        positions = self._positions(time)
        for (x, y), radius in zip(positions, self.radii, strict=True):
            canvas.glow(x + 0.012, y + 0.016, 0.75 * radius, (0, 0, 0), 0.5)
        for (x, y), radius, colour in zip(positions, self.radii, self.colours, strict=True):
            canvas.ball(x, y, radius, colour)

    def _positions(self, time: float) -> _Vectors:
        began, positions, velocities = next(leg for leg in reversed(self.legs) if leg[0] <= time)
        return positions + (time - began) * velocities

    def _collide(self) -> Impact:
        """Finds the next collision and adds the leg after it."""
        began, positions, velocities = self.legs[-1]
        balls = range(len(positions))
        # Who meets whom; the cushions count as partners -1 (left, right) and -2 (top, bottom).
        waits = [(self._until_cushion(ball, axis), ball, -1 - axis) for ball in balls for axis in (0, 1)]
        waits += [(self._until_touch(one, two), one, two) for one in balls for two in range(one)]
        wait, one, other = min(waits)

        positions = positions + wait * velocities
        velocities = velocities.copy()
        if other < 0:
            axis = -1 - other
            speed = abs(velocities[one, axis])
            contact = positions[one].copy()
            contact[axis] += np.sign(velocities[one, axis]) * self.radii[one]
            velocities[one, axis] *= -1
            pitch = self.pitches[one]
        else:
            normal = (positions[one] - positions[other]) / (self.radii[one] + self.radii[other])
            contact = positions[other] + normal * self.radii[other]
            speed = -(velocities[one] - velocities[other]) @ normal
            masses = self.radii[[one, other]] ** 3
            velocities[one] += 2 * speed * masses[1] / masses.sum() * normal
            velocities[other] -= 2 * speed * masses[0] / masses.sum() * normal
            pitch = max(self.pitches[one], self.pitches[other])  # the smaller one rings
        self.legs.append((began + wait, positions, velocities))
        loudness = loudness_of(speed, _LOUDEST)
        return Impact(time=began + wait, x=contact[0], y=contact[1], pitch_hz=pitch, loudness=loudness)

    def _until_cushion(self, ball: int, axis: int) -> float:
        _, positions, velocities = self.legs[-1]
        velocity = velocities[ball, axis]
        if velocity == 0:
            return inf
        reach = _CUSHION + self.radii[ball]
        return float(((1 - reach if velocity > 0 else reach) - positions[ball, axis]) / velocity)

    def _until_touch(self, one: int, two: int) -> float:
        """Smallest root of |distance + time * velocity| = sum of radii; infinite if they part or miss."""
        _, positions, velocities = self.legs[-1]
        (x, y), (vx, vy) = positions[one] - positions[two], velocities[one] - velocities[two]
        approach = float(x * vx + y * vy)
        gap = hypot(x, y) ** 2 - float(self.radii[one] + self.radii[two]) ** 2
        discriminant = approach**2 - hypot(vx, vy) ** 2 * gap
        if approach >= 0 or discriminant < 0:
            return inf
        return max((-approach - sqrt(discriminant)) / hypot(vx, vy) ** 2, 0.0)


def _directions(angles: NDArray[np.float64]) -> _Vectors:
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)
