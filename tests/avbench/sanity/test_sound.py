import numpy as np
import pytest
import torch

from avbench.sanity.sound import audio_video_shift, clipping, low_pass, pitch_shift, silence, white_noise

SECONDS = 1.6


@pytest.fixture
def randomness():
    return np.random.default_rng(0)


def tone(frequency, rate=44_100, peak=0.5):
    return peak * torch.sin(2 * torch.pi * frequency / rate * torch.arange(round(SECONDS * rate)))[None]


def strongest_frequency(sound, rate):
    spectrum = torch.fft.rfft(sound[0] * torch.hann_window(sound.shape[-1])).abs()
    return spectrum.argmax().item() * rate / sound.shape[-1]


def test_noise_is_as_loud_as_asked_relative_to_the_sound(randomness):
    sound = tone(440, peak=0.1)
    added = white_noise(sound, 0.3, 44_100, randomness) - sound
    assert (added.std() / sound.std()).item() == pytest.approx(0.3, rel=0.02)


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_low_pass_keeps_what_is_below_the_cut_and_nothing_above(rate, randomness):
    below, above = tone(1900, rate, 0.3), tone(2100, rate, 0.3)
    kept = low_pass(below + above, 3, rate, randomness)  # 2 kHz
    torch.testing.assert_close(kept, below, atol=1e-3, rtol=0)


def test_clipping_keeps_the_peak_and_raises_the_rest(randomness):
    sound = tone(440)
    clipped = clipping(sound, 20, 44_100, randomness)
    assert clipped.abs().max() == sound.abs().max()
    quiet = sound.abs() < 0.04
    torch.testing.assert_close(clipped[quiet], 10 * sound[quiet])


@pytest.mark.parametrize("semitones", [1, 2, 4, 8, 12])
@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_pitch_shift_moves_a_tone_by_semitones(semitones, rate, randomness):
    shifted = pitch_shift(tone(440, rate), semitones, rate, randomness)
    assert strongest_frequency(shifted, rate) == pytest.approx(440 * 2 ** (semitones / 12), rel=0.005)


@pytest.mark.parametrize("semitones", [1, 2, 4, 8])
def test_pitch_shift_goes_on_to_the_last_sample(semitones, randomness):
    shifted = pitch_shift(tone(440), semitones, 44_100, randomness)
    assert shifted[0, -441:].abs().max() > 0.3


def test_pitch_shift_leaves_the_time_of_a_burst(randomness):
    sound = torch.zeros(1, 70_560)
    sound[:, 40_000:44_000] = tone(440)[:, :4000]
    energy = pitch_shift(sound, 4, 44_100, randomness).square()[0]
    centre = (energy * torch.arange(70_560)).sum() / energy.sum()
    assert centre.item() == pytest.approx(42_000, abs=0.02 * 44_100)


def test_the_end_falls_silent_and_the_beginning_stays(randomness):
    sound = tone(440)
    cut = silence(sound, 0.25, 44_100, randomness)
    assert torch.equal(cut[:, :52_920], sound[:, :52_920])
    assert cut[:, 52_920:].abs().max() == 0


def test_the_shift_is_late_by_seconds_and_keeps_every_sample(randomness):
    sound = torch.zeros(1, 70_560)
    sound[0, [1000, 70_000]] = torch.tensor([0.5, 0.9])
    late = audio_video_shift(sound, 0.1, 44_100, randomness)
    assert late[0, 1000 + 4410] == 0.5
    assert late[0, 70_000 + 4410 - 70_560] == pytest.approx(0.9)
