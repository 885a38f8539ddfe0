"""Antialiased drawing with NumPy: shapes are signed distances, and a pixel's cover is its distance to the edge."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_Reals = NDArray[np.floating[Any]]
Colour = tuple[float, float, float]  # RGB in [0, 1]

# Where the light comes from: over the viewer's left shoulder. Unit length.
_LIGHT = np.array([-0.48, -0.62, 0.62]) / np.linalg.norm([-0.48, -0.62, 0.62])


def mixed(colour: Colour, other: Colour, share: float) -> Colour:
    """`colour` moved towards `other`; `share` 0 gives the one, 1 the other."""
    a, b, c = ((1 - share) * one + share * two for one, two in zip(colour, other, strict=True))
    return a, b, c


class Canvas:
    """A square picture that shapes are painted on.

    Places and lengths are in sides of the picture, (0, 0) is the top left corner, and y grows downwards.

    Args:
        pixels: (S, S, 3) float32 RGB in [0, 1]; copied, then painted over.
    """

    def __init__(self, pixels: NDArray[np.float32]) -> None:
        self.pixels = pixels.copy()
        self.side = len(pixels)

    def to_uint8(self) -> NDArray[np.uint8]:
        """(S, S, 3) uint8 RGB."""
        levels: NDArray[np.uint8] = np.rint(self.pixels.clip(0, 1) * 255).astype(np.uint8)
        return levels

    def disc(self, x: float, y: float, radius: float, colour: Colour, alpha: float = 1.0) -> None:
        """A flat disc."""
        box, X, Y = self._patch(x, y, radius, radius)
        self._blend(box, alpha * _cover(np.hypot(X, Y) - radius * self.side), colour)

    def ball(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A shaded sphere."""
        box, X, Y = self._patch(x, y, radius, radius)
        pixels = radius * self.side
        distance = np.hypot(X, Y)
        # The normal of the sphere; beyond the rim, where only antialiasing looks, it is held at the rim.
        inside = np.maximum(distance, pixels)
        nx, ny = X / inside, Y / inside
        nz = np.sqrt(np.maximum(1 - nx**2 - ny**2, 0))
        diffuse = np.maximum(nx * _LIGHT[0] + ny * _LIGHT[1] + nz * _LIGHT[2], 0)
        gleam = np.maximum(2 * diffuse * nz - _LIGHT[2], 0) ** 24  # Phong's highlight, seen from the front
        shade = 0.38 + 0.72 * diffuse
        surface = shade[..., None] * np.array(colour) + 0.75 * gleam[..., None]
        self._blend(box, _cover(distance - pixels), surface.clip(0, 1))

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        colour: Colour,
        *,
        corner: float = 0.0,
        alpha: float = 1.0,
    ) -> None:
        """A rectangle around (x, y), its corners rounded with radius `corner`."""
        box, X, Y = self._patch(x, y, width / 2, height / 2)
        away_x = np.abs(X) - (width / 2 - corner) * self.side
        away_y = np.abs(Y) - (height / 2 - corner) * self.side
        outside = np.hypot(np.maximum(away_x, 0), np.maximum(away_y, 0))
        distance = outside + np.minimum(np.maximum(away_x, away_y), 0) - corner * self.side
        self._blend(box, alpha * _cover(distance), colour)

    def line(self, start: Sequence[float], end: Sequence[float], width: float, colour: Colour) -> None:
        """A straight line with round ends."""
        (x0, y0), (x1, y1) = start, end
        reach_x, reach_y = abs(x1 - x0) / 2 + width, abs(y1 - y0) / 2 + width
        box, X, Y = self._patch((x0 + x1) / 2, (y0 + y1) / 2, reach_x, reach_y)
        dx, dy = (x1 - x0) * self.side, (y1 - y0) * self.side
        along = ((X * dx + Y * dy) / (dx**2 + dy**2)).clip(-0.5, 0.5)
        self._blend(box, _cover(np.hypot(X - along * dx, Y - along * dy) - width / 2 * self.side), colour)

    def ring(
        self, x: float, y: float, radius: float, width: float, colour: Colour, alpha: float, *, flat: float = 1.0
    ) -> None:
        """A circle's outline; `flat` below 1 squeezes it to an ellipse, as a circle that lies on water looks."""
        box, X, Y = self._patch(x, y, radius + width, (radius + width) * flat)
        distance = np.abs(np.hypot(X, Y / flat) - radius * self.side) - width / 2 * self.side
        self._blend(box, alpha * _cover(distance), colour)

    def glow(self, x: float, y: float, radius: float, colour: Colour, alpha: float, *, flat: float = 1.0) -> None:
        """A soft spot: a Gaussian with standard deviation `radius`. In black it is a shadow."""
        box, X, Y = self._patch(x, y, 3 * radius, 3 * radius * flat)
        sigma = radius * self.side
        self._blend(box, alpha * np.exp(-0.5 * (X**2 + (Y / flat) ** 2) / sigma**2), colour)

    def _patch(
        self, x: float, y: float, reach_x: float, reach_y: float
    ) -> tuple[tuple[slice, slice], NDArray[np.float32], NDArray[np.float32]]:
        """The pixels within reach of (x, y), and their places relative to it, in pixels: (1, w) and (h, 1)."""
        columns = self._span(x - reach_x, x + reach_x)
        rows = self._span(y - reach_y, y + reach_y)
        X = np.arange(columns.start, columns.stop, dtype=np.float32)[None, :] + np.float32(0.5 - x * self.side)
        Y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + np.float32(0.5 - y * self.side)
        return (rows, columns), X, Y

    def _span(self, low: float, high: float) -> slice:
        # One pixel more on either side, for the antialiased edge.
        first = min(max(int(low * self.side) - 1, 0), self.side)
        return slice(first, max(min(int(np.ceil(high * self.side)) + 1, self.side), first))

    def _blend(self, box: tuple[slice, slice], alpha: _Reals, colour: Colour | _Reals) -> None:
        patch = self.pixels[box]
        patch += alpha[..., None] * (np.asarray(colour, dtype=np.float32) - patch)


def _cover(distance: _Reals) -> _Reals:
    """Share of a pixel inside a shape whose edge is `distance` pixels away (negative inside)."""
    return (0.5 - distance).clip(0, 1)
