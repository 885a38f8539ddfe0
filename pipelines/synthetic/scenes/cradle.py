"""Newton's cradle: the outer balls swing in turn, and strike the row between them."""

from math import asin, cos, pi, sin

import numpy as np

from pipelines.synthetic.backgrounds import Background
from pipelines.synthetic.canvas import Canvas
from pipelines.synthetic.scenes.scene import NOTES, Scene, loudness_of, radius_of
from pipelines.synthetic.sound import STEEL, Impact

_SIZE = 0.75  # of a ball that rings at the same pitch elsewhere: five must find room
_KEPT = 0.94  # share of the speed that a strike hands on


class Cradle(Scene):
    """A harmonic swing; every half period, when it hangs straight down, the moving ball strikes."""

    material = STEEL

    def __init__(self, rng: np.random.Generator, background: Background, seconds: float) -> None:
        self.ink = background.ink
        self.colour = background.accents[rng.integers(len(background.accents))]
        self.balls = rng.integers(3, 6)
        self.pitch = rng.choice(NOTES[1:])
        self.radius = _SIZE * radius_of(self.pitch)
        self.string = rng.uniform(0.42, 0.55)
        self.hook = rng.uniform(0.14, 0.22)  # height of the beam, from the top
        self.middle = rng.uniform(0.42, 0.58)
        room = min(self.middle, 1 - self.middle) - (self.balls + 0.5) * self.radius
        self.angle = min(rng.uniform(0.5, 0.8), asin(room / self.string))  # radians, of the first swing
        self.omega = 2 * pi / rng.uniform(0.8, 1.4)  # radians per second
        self.phase = rng.uniform(0, 2 * pi)

        # Strike k happens when the cosine crosses zero for the (first + k)th time.
        self.first = int(self.phase // pi + (self.phase % pi > pi / 2))
        impacts = []
        strike = 0
        while (time := (pi / 2 + (self.first + strike) * pi - self.phase) / self.omega) < seconds:
            # The cosine falls through zero at even crossings: the right ball comes down then.
            side = 1 if (self.first + strike) % 2 == 0 else -1
            speed = self.angle * _KEPT**strike * self.omega * self.string
            impacts.append(
                Impact(
                    time=time,
                    x=self.middle + side * (self.balls - 2) * self.radius,
                    y=self.hook + self.string,
                    pitch_hz=self.pitch,
                    loudness=loudness_of(speed, 3.2),
                )
            )
            strike += 1
        self.impacts = tuple(impacts)

    def draw_still(self, canvas: Canvas) -> None:
        canvas.box(self.middle, self.hook - 0.012, 2 * self.balls * self.radius + 0.12, 0.024, self.ink, corner=0.012)

    def draw(self, canvas: Canvas, time: float) -> None:
        places = [self._place(ball, time) for ball in range(self.balls)]
        for hang, x, y in places:
            canvas.line((hang, self.hook), (x, y), 0.006, self.ink)
        for _, x, y in places:
            canvas.ball(x, y, self.radius, self.colour)

    def _place(self, ball: int, time: float) -> tuple[float, float, float]:
        """Where a ball's string is tied, and where the ball is."""
        swing = cos(self.omega * time + self.phase)
        strikes = int((self.omega * time + self.phase + pi / 2) // pi) - self.first
        mover = self.balls - 1 if swing > 0 else 0
        angle = self.angle * _KEPT ** max(strikes, 0) * swing if ball == mover else 0.0
        hang = self.middle + (2 * ball - self.balls + 1) * self.radius
        return hang, hang + self.string * sin(angle), self.hook + self.string * cos(angle)
