import numpy as np
import pytest

from pipelines.screen.glance import Glance
from pipelines.screen.lag import find_lag

FPS, RATE, SECONDS = 25, 16_000, 8
HITS = (0.9, 2.2, 2.9, 4.7, 5.3, 6.6)  # seconds, at uneven distances


def flashes() -> Glance:
    """A picture that lights up at every hit and fades."""
    times = np.arange(SECONDS * FPS) / FPS
    light = sum(np.where(times >= hit, 200 * np.exp(-8 * (times - hit)), 0) for hit in HITS)
    frames = np.broadcast_to(light[:, None, None, None], (len(times), 27, 48, 3)).clip(0, 255).astype(np.uint8)
    return Glance(frames=frames, times=times, corrupt=0.0)


def knocks(late: float) -> np.ndarray:
    """A knock at every hit, `late` seconds after it, over faint noise."""
    times = np.arange(SECONDS * RATE) / RATE
    rng = np.random.default_rng(0)
    hits = sum(np.where(times >= hit + late, np.exp(-30 * (times - hit - late).clip(0)), 0) for hit in HITS)
    return (rng.normal(0, 0.2, (1, len(times))) * hits + rng.normal(0, 1e-3, (1, len(times)))).astype(np.float32)


@pytest.mark.parametrize("late", [-0.5, 0.0, 0.3, 1.2])
def test_tells_by_how_much_the_sound_is_late(late):
    lag = find_lag(flashes(), knocks(late), RATE)
    assert lag.seconds == pytest.approx(late, abs=0.05) and lag.clear


def test_says_nothing_of_sound_without_events():
    noise = np.random.default_rng(1).normal(0, 0.1, (1, SECONDS * RATE)).astype(np.float32)
    assert not find_lag(flashes(), noise, RATE).clear


def test_says_nothing_of_a_second():
    seen = flashes()
    short = Glance(frames=seen.frames[:FPS], times=seen.times[:FPS], corrupt=0.0)
    assert find_lag(short, knocks(0), RATE) is None
