import pytest
import torch

from avbench.errors import DataError
from avbench.features.extractor import Compute, Switches
from avbench.features.loudness import SILENCE, Loudness, integrated_loudness

RATE = 44_100


def tone(level_db, hertz=997.0, seconds=1.6):
    phase = 2 * torch.pi * hertz * torch.arange(round(seconds * RATE), dtype=torch.float64) / RATE
    return (10 ** (level_db / 20) * phase.sin()).float()[None]


@pytest.mark.parametrize("level_db", [0, -20, -40])
def test_a_tone_of_full_scale_in_one_channel_is_at_minus_three(level_db):
    # ITU-R BS.1770-4: 0 dBFS at 997 Hz in one channel is -3.01 LKFS.
    assert integrated_loudness(tone(level_db), RATE) == pytest.approx(level_db - 3.01, abs=0.05)


def test_a_low_tone_is_quieter_than_it_measures():
    assert integrated_loudness(tone(-20, hertz=30), RATE) < integrated_loudness(tone(-20), RATE) - 5


def test_silence_and_what_nobody_hears_are_at_the_gate():
    assert integrated_loudness(torch.zeros(1, RATE), RATE) == SILENCE
    assert integrated_loudness(tone(-90), RATE) == SILENCE


def test_rows_are_those_of_each_window():
    waves = torch.stack([tone(-10), tone(-30)])
    rows = Loudness().load(None, Compute(), Switches())(waves)
    assert rows[:, 0].tolist() == pytest.approx([-13.01, -33.01], abs=0.05)


def test_less_than_a_block_is_refused():
    with pytest.raises(DataError, match=r"0\.2 s of sound have no loudness"):
        integrated_loudness(torch.zeros(1, RATE // 5), RATE)
