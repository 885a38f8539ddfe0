"""What the VQGAN of sound sees: against transforms written out, and in cases that one can work out by hand."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from torchaudio.functional import melscale_fbanks

from avbench.clip import ClipSpec
from avbench.errors import UsageError
from models.tats.spectrogram import check_patches, mel_weights, sound_patches

PAPER = ClipSpec()
SMALL = ClipSpec(frames=4, sample_rate=4000)


def patches(audio, spec=PAPER, *, columns=16, bands=64):
    return sound_patches(
        torch.as_tensor(audio, dtype=torch.float32).reshape(-1, 1, spec.samples), spec, columns=columns, bands=bands
    )


def sine(hertz, amplitude, spec=PAPER):
    return amplitude * np.sin(2 * np.pi * hertz * np.arange(spec.samples) / spec.sample_rate)


def test_sixteen_frames_of_sound_at_16_khz_have_the_published_shape():
    seen = patches(np.random.default_rng(0).uniform(-1, 1, (2, PAPER.samples)))
    assert seen.shape == (2, 1, 16, 64, 16) and seen.dtype == torch.float32
    assert -1 <= seen.min() and seen.max() <= 1


def by_hand(wave, spec, columns, bands, length):
    """The definition, written out: (T, bands, columns)."""
    hop = spec.samples // spec.frames // columns
    span = 4 * hop
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(span) / span)
    around = np.pad(wave, span // 2, mode="reflect")
    bins = np.arange(length // 2 + 1)
    transform = np.exp(-2j * np.pi * np.outer(bins, np.arange(span)) / length)
    seen = []
    for column in range(spec.frames * columns):
        part = around[column * hop : column * hop + span]
        power = np.abs(transform @ (window * part) * 2 / window.sum()) ** 2
        decibels = 10 * np.log10(np.maximum(mel_weights(bands, length, spec.sample_rate) @ power, 1e-8))
        seen.append(decibels / 40 + 1)
    return np.stack(seen, axis=1).reshape(bands, spec.frames, columns).transpose(1, 0, 2).clip(-1, 1)


@pytest.mark.parametrize(("spec", "bands", "length"), [(PAPER, 64, 512), (SMALL, 16, 128)])
def test_equals_the_transform_written_out(spec, bands, length):
    wave = np.random.default_rng(1).normal(0, 0.1, spec.samples).cumsum() * 0.05
    wanted = torch.from_numpy(by_hand(wave, spec, 16, bands, length)).float()
    torch.testing.assert_close(patches(wave, spec, bands=bands)[0, 0], wanted, rtol=0, atol=2e-4)


def test_bands_are_htk_mel_bands_of_weight_1():
    wanted = melscale_fbanks(257, 0.0, 8000.0, 64, 16_000, norm=None, mel_scale="htk").double().numpy().T
    wanted /= wanted.sum(1, keepdims=True)
    np.testing.assert_allclose(mel_weights(64, 512, 16_000), wanted, atol=2e-5)


def test_silence_is_minus_one_everywhere():
    assert (patches(np.zeros(PAPER.samples)) == -1).all()


def test_nothing_is_louder_than_a_sine_at_full_scale_is_at_most():
    loudest = patches(sine(437.5, 1.0)).max()
    assert 0.9 < loudest <= 1


def test_half_the_amplitude_is_6_decibels_of_80_less():
    whole, half = (patches(sine(1000, amplitude))[..., 4:-4] for amplitude in (0.8, 0.4))
    heard = half > -1
    torch.testing.assert_close(
        (whole - half)[heard], torch.full((int(heard.sum()),), 2 * 20 * np.log10(2) / 80), rtol=0, atol=1e-3
    )


@pytest.mark.parametrize(("frame", "column"), [(0, 8), (5, 0), (15, 12)])
def test_a_click_is_seen_where_it_is_heard(frame, column):
    wave = np.zeros(PAPER.samples)
    wave[1600 * frame + 100 * column] = 1
    level = patches(wave)[0, 0].mean(1)
    assert divmod(int(level.flatten().argmax()), 16) == (frame, column)
    # The window is four columns long.
    assert int((level > -1).sum()) == 3


def test_higher_sounds_lie_in_higher_bands():
    places = [int(patches(sine(hertz, 0.5)).mean((0, 1, 2, 4)).argmax()) for hertz in (200, 1000, 3000, 7000)]
    assert places == sorted(set(places)) and places[-1] > 55


@pytest.mark.parametrize(
    ("spec", "columns", "bands", "message"),
    [
        (ClipSpec(sample_rate=1000), 16, 8, r"a frame of 100 samples \(1,000 Hz at 10 fps\) cannot be cut into 16"),
        (ClipSpec(fps=Fraction(30_000, 1001)), 16, 64, "a frame of 533.867 samples"),
        (ClipSpec(sample_rate=4000), 16, 64, "64 bands of sound at 4,000 Hz are narrower than the 31.25 Hz"),
    ],
)
def test_what_cannot_be_cut_is_refused_before_there_is_sound(spec, columns, bands, message):
    with pytest.raises(UsageError, match=message):
        check_patches(spec, columns=columns, bands=bands)


def test_sound_of_another_length_than_the_clips_is_refused():
    with pytest.raises(UsageError, match=r"the sound has the shape \(1, 1500\) .* takes \(1, 1600\)"):
        sound_patches(torch.zeros(2, 1, 1500), SMALL, columns=16, bands=16)
