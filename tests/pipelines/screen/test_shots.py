from fractions import Fraction

import numpy as np
import pytest

from avbench import weights
from avbench.media.probe import probe
from pipelines.screen import ScreenConfig, screen
from pipelines.screen.glance import glance
from pipelines.screen.shots import cut_times, load_network


@pytest.fixture
def network(embedded_weights, monkeypatch):
    monkeypatch.setenv("AVBENCH_HOME", str(embedded_weights))
    return load_network()


@pytest.fixture
def shot(clips):
    """The first frames of a real clip, 27x48, which has no cut."""

    def frames_of(name: str, count: int) -> np.ndarray:
        path = clips / f"{name}.mp4"
        return glance(path, probe(path).video, Fraction(0), Fraction(6)).frames[:count]

    return frames_of


def test_tells_when_each_new_shot_begins(network, shot):
    frames = np.concatenate([shot("dog_a", 40), shot("drum_a", 30), shot("hammer", 30)])
    assert cut_times(frames, np.arange(100) / 10, network) == [4.0, 7.0]


def test_motion_is_no_cut(network, shot):
    assert cut_times(shot("drum_a", 60), np.arange(60) / 10, network) == []


def test_a_single_frame_holds_no_cut(network, shot):
    assert cut_times(shot("dog_a", 1), np.zeros(1), network) == []


def test_cuts_are_a_reason_with_their_times(network, clips, item):
    """The clip is a row of generated ones, each 1.7 s long, whose pictures begin 0.07 s after its sound."""
    joined = clips / "generated_landscape.mp4"
    screened = screen(joined, item(end=Fraction(5, 2)), ScreenConfig(max_cuts=0, max_gap=None))
    assert (screened.reason, screened.message) == ("cuts", "one: new shots begin at 1.77 s")
    assert screen(joined, item(end=Fraction(5, 2)), ScreenConfig(max_cuts=1, max_gap=None)).passed


def test_asks_for_the_weights_only_where_cuts_count(crafted, item, monkeypatch):
    monkeypatch.setattr(weights, "resolve", lambda name: pytest.fail("nobody asked for cuts"))
    assert screen(crafted("good"), item(), ScreenConfig()).passed
