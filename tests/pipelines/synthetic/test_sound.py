import numpy as np
import pytest

from pipelines.synthetic.sound import SAMPLE_RATE, Impact, Material, coloured_noise, gains, room_tone, strikes

PURE = Material(ratios=(1,), amplitudes=(1,), seconds=0.1, knock=0)


def one(time: float, *, x: float = 0.5) -> tuple[Impact, ...]:
    return (Impact(time=time, x=x, y=0.5, pitch_hz=441, loudness=0.5),)


def test_a_pure_strike_is_a_decaying_sine_from_between_two_samples_on(rng):
    time = 100.25 / SAMPLE_RATE
    audio = strikes(one(time), PURE, 1000, rng)
    elapsed = (np.arange(1000) - 100.25) / SAMPLE_RATE
    wave = 0.5 * np.sqrt(0.5) * np.exp(-elapsed / 0.1) * np.sin(2 * np.pi * 441 * elapsed)
    assert audio == pytest.approx(np.stack([wave, wave]) * (elapsed >= 0))


def test_nothing_of_a_strike_sounds_before_it(rng):
    knocking = Material(ratios=(1,), amplitudes=(1,), seconds=0.1, knock=1)
    audio = strikes(one(100.25 / SAMPLE_RATE), knocking, 1000, rng)
    assert not audio[:, :101].any()
    assert audio[:, 101].all()


def test_a_strike_at_the_very_end_is_cut(rng):
    assert strikes(one(999.5 / SAMPLE_RATE), PURE, 1000, rng).shape == (2, 1000)


@pytest.mark.parametrize(("x", "silent"), [(0.0, 1), (1.0, 0)])
def test_a_strike_at_the_edge_sounds_from_one_side_only(rng, x, silent):
    audio = strikes(one(0.0, x=x), PURE, 1000, rng)
    assert np.abs(audio[silent]).max() < 1e-12
    assert np.abs(audio[1 - silent]).max() > 0.1


@pytest.mark.parametrize("pan", [-1, -0.3, 0, 0.7, 1])
def test_panning_keeps_the_power(pan):
    assert (gains(pan) ** 2).sum() == pytest.approx(1)


def test_noise_falls_by_its_slope(rng):
    power = np.abs(np.fft.rfft(coloured_noise(1 << 17, 2.0, rng))) ** 2
    frequencies = np.fft.rfftfreq(1 << 17, 1 / SAMPLE_RATE)
    low, high = (power[(frequencies > f) & (frequencies < 1.2 * f)].mean() for f in (100, 3200))
    assert 10 * np.log10(low / high) / 5 == pytest.approx(6.02, abs=0.7)  # dB per octave, over five octaves


def test_the_room_is_never_quite_silent_yet_soft(rng):
    level = 20 * np.log10(room_tone(SAMPLE_RATE, 1.0, rng).std())
    assert -60 < level < -50
