import numpy as np
import pytest
import torch

from avbench.features.extractor import EXTRACTORS, Compute, Switches
from avbench.features.rhythm import HOP, SAMPLE_RATE, beat_marks, onset_marks


def clicks(*seconds, of=1.6):
    """Silence with bursts of noise that begin at the given times."""
    wave = np.zeros(round(of * SAMPLE_RATE), np.float32)
    burst = np.random.default_rng(0).uniform(-0.5, 0.5, 400).astype(np.float32)
    for second in seconds:
        begin = round(second * SAMPLE_RATE)
        wave[begin : begin + len(burst)] = burst
    return wave


def times(marks):
    return np.flatnonzero(marks) * HOP / SAMPLE_RATE


def test_sounds_are_heard_where_they_begin():
    assert times(onset_marks(clicks(0.3, 0.75, 1.2))) == pytest.approx([0.3, 0.75, 1.2], abs=0.05)


def test_the_beat_is_that_of_the_clicks():
    beats = times(beat_marks(clicks(*np.arange(0.25, 8, 0.5), of=8)))  # 120 a minute
    assert np.diff(beats) == pytest.approx(0.5, abs=0.04)
    assert (beats - 0.25) % 0.5 == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("name", ["onset_peaks", "beats"])
def test_silence_has_neither_onsets_nor_beats(name):
    rows = EXTRACTORS[name].load(None, Compute(), Switches())(torch.zeros(2, 1, 35_280))
    assert rows.shape == (2, 69) and rows.dtype == torch.float32 and not rows.any()


@pytest.mark.parametrize("name", ["onset_peaks", "beats"])
def test_rows_hold_zeros_and_ones_on_the_grid_of_the_window(name):
    waves = torch.from_numpy(np.stack([clicks(0.3, 0.7, 1.1, 1.5), clicks(0.5)]))[:, None]
    rows = EXTRACTORS[name].load(None, Compute(), Switches())(waves)
    assert rows.shape == (2, 69) and set(rows.unique().tolist()) == {0, 1}
