"""The places where the scenes of the embedded data set happen: a still picture, colours that suit it, a room tone."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.synthetic.canvas import Canvas, Colour

Pixels = NDArray[np.float32]  # (S, S, 3) RGB in [0, 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """A place, drawn once per clip.

    Attributes:
        ink: colour of floors, strings and frames; it stands out from the picture.
        accents: colours of the moving things, in no order.
        tone_slope: the room tone's spectrum falls as 1/f**slope.
    """

    name: str
    pixels: Pixels
    ink: Colour
    accents: tuple[Colour, ...]
    tone_slope: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    paint: Callable[[np.random.Generator, int], Pixels]
    ink: str
    accents: str
    tone_slope: float


def background(name: str, side: int, rng: np.random.Generator) -> Background:
    """The background called `name`, `side` pixels wide and high; what varies in it is drawn from `rng`."""
    place = _PLACES[name]
    grain = rng.normal(scale=0.006, size=(side, side, 1)).astype(np.float32)  # keeps smooth gradients from banding
    return Background(
        name=name,
        pixels=(place.paint(rng, side) + grain).clip(0, 1),
        ink=_rgb(place.ink),
        accents=tuple(_rgb(colour) for colour in place.accents.split()),
        tone_slope=place.tone_slope,
    )


def _dusk(rng: np.random.Generator, side: int) -> Pixels:
    canvas = Canvas(_gradient(side, "2b2350 6b3a6e d9657a f7a873"))
    sun_x, sun_y = rng.uniform(0.2, 0.8), rng.uniform(0.48, 0.6)
    canvas.glow(sun_x, sun_y, 0.2, _rgb("ffd9a0"), 0.55)
    canvas.disc(sun_x, sun_y, rng.uniform(0.06, 0.1), _rgb("ffe9c2"), 0.95)
    return _with_hills(canvas.pixels, rng, ("8a4468", "5b3159", "372448"), top=0.62)


def _night(rng: np.random.Generator, side: int) -> Pixels:
    canvas = Canvas(_gradient(side, "070b1f 131c44 2c3a73"))
    for x, y, brightness in zip(*rng.uniform(size=(3, 90)), strict=True):
        canvas.disc(x, 0.85 * y, 0.0015 + 0.003 * brightness**4, _rgb("fdf6d8"), 0.3 + 0.7 * brightness)
    moon_x, moon_y = rng.uniform(0.15, 0.85), rng.uniform(0.12, 0.25)
    canvas.glow(moon_x, moon_y, 0.1, _rgb("cfd8ff"), 0.35)
    canvas.disc(moon_x, moon_y, 0.055, _rgb("f4f1de"))
    return _with_hills(canvas.pixels, rng, ("1a2350", "10173a"), top=0.74)


def _meadow(rng: np.random.Generator, side: int) -> Pixels:
    canvas = Canvas(_gradient(side, "5fa8dc 9fd0ee def1f7"))
    for _ in range(rng.integers(2, 5)):
        x, y, width = rng.uniform(0, 1), rng.uniform(0.08, 0.4), rng.uniform(0.05, 0.09)
        for puff in np.linspace(-1.2, 1.2, 4):
            canvas.glow(x + puff * width, y - 0.3 * width * (1 - abs(puff)), width * 0.55, (1, 1, 1), 0.7, flat=0.7)
    return _with_hills(canvas.pixels, rng, ("8fc48b", "69ad6e", "4a9159"), top=0.6)


def _paper(rng: np.random.Generator, side: int) -> Pixels:
    canvas = Canvas(_gradient(side, "fbf6ea f3ead6"))
    step = rng.choice([1 / 16, 1 / 12, 1 / 8])
    for place in np.arange(step / 2, 1, step):
        canvas.box(place, 0.5, 0.004, 1, _rgb("bfd3dc"), alpha=0.7)
        canvas.box(0.5, place, 1, 0.004, _rgb("bfd3dc"), alpha=0.7)
    return canvas.pixels


def _studio(rng: np.random.Generator, side: int) -> Pixels:
    canvas = Canvas(_gradient(side, "23262e 343a46 1d2027"))
    canvas.glow(rng.uniform(0.25, 0.75), rng.uniform(0.25, 0.5), 0.3, _rgb(rng.choice(["8fa3c4", "b99a86"])), 0.75)
    return canvas.pixels


def _stripes(rng: np.random.Generator, side: int) -> Pixels:
    light, dark = rng.choice(["f9dfe0 f3c6cd", "dfeee6 bfdccf", "e4e2f5 cbc8ea", "fdebcf f7d6a5"]).split()
    across = np.linspace(0, 1, side, dtype=np.float32)
    lean = rng.choice([-1, 1])
    wave = np.sin(2 * np.pi * rng.integers(3, 7) * (across[None, :] + lean * across[:, None]))
    # Steep, so that the stripes have edges, yet antialiased.
    share = (0.5 + wave * side / 60).clip(0, 1)[..., None].astype(np.float32)
    return _blended(_rgb(light), _rgb(dark), share)


_PLACES = {
    "dusk": _Place(paint=_dusk, ink="fff3df", accents="ffd166 7ae2cf f9f5f0 ff8fa3 8fb8ff", tone_slope=1.0),
    "night": _Place(paint=_night, ink="dbe4ff", accents="ffd166 ff7b9c 6ee7d8 f4f1de b79cff", tone_slope=1.4),
    "meadow": _Place(paint=_meadow, ink="27402f", accents="e4572e f3a712 5b3a8c d7263d fdfcf5", tone_slope=0.6),
    "paper": _Place(paint=_paper, ink="2f3e4e", accents="d1495b 00798c edae49 30638e 6a4c93", tone_slope=0.3),
    "studio": _Place(paint=_studio, ink="e8e6e1", accents="ff9f1c 2ec4b6 e71d36 f5f3ef 7cb8ff", tone_slope=1.8),
    "stripes": _Place(paint=_stripes, ink="46384f", accents="ef476f 118ab2 06a77d 7b2d8e f78c2a", tone_slope=0.8),
}
BACKGROUNDS = tuple(_PLACES)


def _rgb(hexadecimal: str) -> Colour:
    red, green, blue = bytes.fromhex(hexadecimal)
    return red / 255, green / 255, blue / 255


def _gradient(side: int, colours: str) -> Pixels:
    """From top to bottom through `colours`."""
    stops = np.array([_rgb(colour) for colour in colours.split()])
    rows = np.linspace(0, len(stops) - 1, side)
    column = np.stack([np.interp(rows, range(len(stops)), stops[:, channel]) for channel in range(3)], axis=-1)
    return np.repeat(column[:, None], side, axis=1).astype(np.float32)


def _with_hills(pixels: Pixels, rng: np.random.Generator, colours: tuple[str, ...], *, top: float) -> Pixels:
    """Rolling hills in layers, the farthest first; `top` is how far down the farthest stands."""
    side = len(pixels)
    across = np.linspace(0, 1, side)
    rows = np.arange(side)[:, None]
    for depth, colour in enumerate(colours):
        height = np.full(side, top + (0.97 - top) * depth / len(colours))
        for waves in (1, 2, 3):
            turns = waves * rng.uniform(0.6, 1.2) * across + rng.uniform()
            height += 0.035 / waves * np.sin(2 * np.pi * turns)
        alpha = (rows - height * side + 0.5).clip(0, 1)[..., None].astype(np.float32)
        pixels = _blended(pixels, _rgb(colour), alpha)
    return pixels


def _blended(below: Pixels | Colour, above: Colour, alpha: NDArray[np.float32]) -> Pixels:
    blended: Pixels = (1 - alpha) * np.asarray(below, np.float32) + alpha * np.asarray(above, np.float32)
    return blended
