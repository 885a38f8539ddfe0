"""A site with real clips."""

from collections.abc import Callable
from pathlib import Path

import pytest
from loopback import Served


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A video of 3 s with sound, as mp4; its picture moves."""
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", seconds=3)


@pytest.fixture
def page() -> Callable[[str], Served]:
    """A page that shows the video at an address."""

    def make(address: str) -> Served:
        html = f'<html><head><title>A clip</title></head><body><video src="{address}"></video></body></html>'
        return Served(html.encode(), kind="text/html")

    return make


def make_clip(path: Path, *, seconds: float, seed: int = 0) -> bytes:
    """Noise that changes with `seed`, and a tone."""
    from fractions import Fraction

    import numpy as np

    from avbench.media.encode import write_movie

    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 255, (round(seconds * 10), 6, 8, 3), np.uint8)
    frames = [np.kron(block, np.ones((8, 8, 1), np.uint8)) for block in blocks]
    times = np.arange(round(seconds * 44_100)) / 44_100
    tone = 0.3 * np.sin(2 * np.pi * (300 + 50 * seed) * times)[None].astype(np.float32)
    write_movie(path, frames, Fraction(10), tone, 44_100)
    return path.read_bytes()
