"""A ball that hops from bar to bar of a marimba, each hop a parabola of one or two beats."""

from math import exp

import numpy as np

from pipelines.synthetic.backgrounds import Background
from pipelines.synthetic.canvas import Canvas, mixed
from pipelines.synthetic.scenes.scene import NOTES, Scene, loudness_of
from pipelines.synthetic.sound import ROSEWOOD, Impact

_TOP = 0.68  # where the bars' upper ends lie
_LONGEST = 0.3
_RADIUS = 0.05
_LONGEST_HOP = 0.68  # seconds; the longer a hop, the higher, and the faster the ball comes down


class Marimba(Scene):
    """The longer the bar, the lower its note."""

    material = ROSEWOOD

    def __init__(self, rng: np.random.Generator, background: Background, seconds: float) -> None:
        self.ink = background.ink
        self.colour = (0.97, 0.97, 0.95) if sum(background.ink) > 1.5 else (0.2, 0.22, 0.28)
        first = rng.integers(5)
        self.bar_colours = [background.accents[(first + bar) % 5] for bar in range(len(NOTES))]
        self.notes = NOTES if rng.random() < 0.5 else NOTES[::-1]
        octave = rng.choice([1, 2])
        beat = rng.uniform(0.24, _LONGEST_HOP / 2)
        self.gravity = 8 * 0.9 * (_TOP - 2 * _RADIUS) / _LONGEST_HOP**2  # the highest hop stays in the picture

        # Landing k is on bars[k] at landings[k]; landing 0 is before the clip begins.
        self.landings = [rng.uniform(0.1, beat) - beat]
        self.bars = [int(rng.integers(len(NOTES)))]
        while self.landings[-1] < seconds:
            # The first hop is short, so that no clip begins with a long silence.
            beats = 1 if len(self.landings) == 1 else rng.choice([1, 1, 2])
            self.landings.append(self.landings[-1] + beat * beats)
            others = [bar for bar in range(len(NOTES)) if 0 < abs(bar - self.bars[-1]) <= 3]
            self.bars.append(int(rng.choice(others)))
        self.impacts = tuple(
            Impact(
                time=landing,
                x=self._centre(bar),
                y=_TOP,
                pitch_hz=octave * self.notes[bar],
                loudness=loudness_of(landing - start, _LONGEST_HOP),
            )
            for start, landing, bar in zip(self.landings, self.landings[1:], self.bars[1:], strict=False)
            if landing < seconds
        )

    def draw_still(self, canvas: Canvas) -> None:
        for x in (0.035, 0.965):
            canvas.line((x, _TOP + 0.05), (x, 0.97), 0.016, self.ink)
        canvas.box(0.5, _TOP + 0.05, 0.94, 0.016, self.ink, corner=0.008)
        for bar in range(len(NOTES)):
            self._draw_bar(canvas, bar, 0)

    def draw(self, canvas: Canvas, time: float) -> None:
        latest = {bar: landing for landing, bar in zip(self.landings, self.bars, strict=True) if landing <= time}
        for bar, landing in latest.items():
            if (lit := exp(-(time - landing) / 0.15)) > 0.01:
                self._draw_bar(canvas, bar, 0.75 * lit)
        canvas.ball(*self._place(time), _RADIUS, self.colour)

    def _place(self, time: float) -> tuple[float, float]:
        landing = int(np.searchsorted(self.landings, time, side="right"))
        start, end = self.landings[landing - 1 : landing + 1]
        origin, goal = (self._centre(bar) for bar in self.bars[landing - 1 : landing + 1])
        risen = self.gravity / 2 * (time - start) * (end - time)
        return origin + (goal - origin) * (time - start) / (end - start), _TOP - _RADIUS - risen

    def _centre(self, bar: int) -> float:
        return 0.5 + 0.15 * (bar - (len(NOTES) - 1) / 2)

    def _draw_bar(self, canvas: Canvas, bar: int, lit: float) -> None:
        length = _LONGEST * (NOTES[0] / self.notes[bar]) ** 0.8
        colour = mixed(self.bar_colours[bar], (1, 1, 1), lit)
        canvas.box(self._centre(bar), _TOP + length / 2, 0.115, length, colour, corner=0.02)
        for end in (0.05, length - 0.02):
            canvas.disc(self._centre(bar), _TOP + end, 0.007, mixed(colour, (0, 0, 0), 0.5))
