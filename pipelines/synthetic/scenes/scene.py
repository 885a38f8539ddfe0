"""What a scene is: impacts whose instants are known in closed form, and a picture of any instant."""

from abc import ABC, abstractmethod
from math import exp

import numpy as np
from numpy.typing import NDArray

from pipelines.synthetic.canvas import Canvas, Colour
from pipelines.synthetic.sound import Impact, Material

# E4 to E5 of the pentatonic scale on A: whatever strikes together, sounds together.
NOTES = (329.63, 392.0, 440.0, 523.25, 587.33, 659.26)
_RADIUS_TIMES_HZ = 34.0
_GOLD: Colour = (1.0, 0.8, 0.3)
_AMBER: Colour = (1.0, 0.5, 0.05)  # gold is lost on a bright background
_FLASH_SECONDS = 0.12


class Scene(ABC):
    """Bodies that move by closed formulas.

    Attributes:
        impacts: what strikes within the clip, in the order of time.
        material: how it rings.
        ink: colour of what stands still; bright where the background is dark.
        flash_flat: how an impact's ring looks: below 1 it lies on the ground, and is an ellipse.
    """

    impacts: tuple[Impact, ...]
    material: Material
    ink: Colour
    flash_flat: float = 1.0

    @abstractmethod
    def draw_still(self, canvas: Canvas) -> None:
        """Paints what never moves, once."""

    @abstractmethod
    def draw(self, canvas: Canvas, time: float) -> None:
        """Paints what moves, as it is at `time` seconds."""

    def hum(self, times: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64] | None:
        """(2, S) sound that goes on between the impacts, at `times` seconds; None for a scene without."""
        return None

    def draw_flashes(self, canvas: Canvas, time: float) -> None:
        """Lights up each point of impact: from its instant on, never before, brighter for a louder one."""
        light = _GOLD if sum(self.ink) > 1.5 else _AMBER
        for impact in self.impacts:
            age = time - impact.time
            if 0 <= age < 5 * _FLASH_SECONDS:
                alpha = (0.45 + impact.loudness) * exp(-age / _FLASH_SECONDS)
                canvas.glow(impact.x, impact.y, 0.035, light, alpha, flat=self.flash_flat)
                canvas.ring(impact.x, impact.y, 0.03 + 0.35 * age, 0.009, light, alpha, flat=self.flash_flat)


def radius_of(pitch_hz: float) -> float:
    """Radius of the ball that rings at `pitch_hz`: the smaller, the higher."""
    return _RADIUS_TIMES_HZ / pitch_hz


def loudness_of(speed: float, loudest_speed: float) -> float:
    """Amplitude of a strike: grows with the speed up to `loudest_speed`, and is never quite inaudible."""
    return 0.06 + 0.44 * min(speed / loudest_speed, 1)


def folded(distance: NDArray[np.float64] | float, low: float, high: float) -> NDArray[np.float64]:
    """Where a body is that has gone `distance` from `low`, between two walls that throw it back at full speed."""
    width = high - low
    return low + width - np.abs(np.mod(distance, 2 * width) - width)
