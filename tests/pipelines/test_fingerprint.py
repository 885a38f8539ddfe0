import numpy as np
import pytest

from pipelines.fingerprint import SOUND_RATE, agreement, fingerprint_sound, from_text, hash_pictures, to_text


@pytest.fixture
def picture():
    """(1, 90, 160, 3): soft blots, like most pictures."""
    coarse = np.random.default_rng(0).integers(0, 255, (9, 16, 3)).astype(float)
    soft = np.kron(coarse, np.ones((10, 10, 1)))
    return soft.astype(np.uint8)[None]


def distance(a, b):
    return int(np.bitwise_count(hash_pictures(a) ^ hash_pictures(b))[0])


def test_a_picture_keeps_its_word_when_scaled_and_graded(picture):
    smaller = picture.reshape(1, 45, 2, 80, 2, 3).mean(axis=(2, 4)).astype(np.uint8)
    brighter = (0.8 * picture.astype(float) + 40).astype(np.uint8)
    assert distance(picture, smaller) <= 3 and distance(picture, brighter) <= 3


def test_another_picture_has_another_word(picture):
    assert distance(picture, picture[:, ::-1, ::-1]) > 16


def test_plain_pictures_have_no_word():
    assert len(hash_pictures(np.full((5, 27, 48, 3), 16, np.uint8))) == 0


def test_words_survive_as_text(picture):
    words = hash_pictures(np.concatenate([picture, picture[:, ::-1]]))
    assert from_text(to_text(words)).tolist() == words.tolist()
    assert from_text(to_text([])).tolist() == []


def test_agreement_is_the_share_of_the_shorter_side():
    words = np.array([0, 0xFF00, 0xFFFF0000], np.uint64)
    assert agreement(words[:2], words, 0) == 1
    assert agreement(np.array([0, 0xAAAAAAAA], np.uint64), words, 2) == 0.5
    assert agreement(words[:0], words, 64) == 0


def test_silence_is_not_loud_and_sound_is():
    wave = np.random.default_rng(0).normal(0, 0.1, 4 * SOUND_RATE).astype(np.float32)
    wave[2 * SOUND_RATE :] = 0
    heard = fingerprint_sound(wave)
    assert heard.loud[:100].all() and not heard.loud[-100:].any()
    assert len(fingerprint_sound(wave[:1000]).words) == 0


def test_a_sound_keeps_most_bits_under_noise_and_gain():
    rng = np.random.default_rng(0)
    wave = rng.normal(0, 0.1, 4 * SOUND_RATE).astype(np.float32)
    noisy = (0.4 * wave + rng.normal(0, 0.004, len(wave))).astype(np.float32)
    other = rng.normal(0, 0.1, len(wave)).astype(np.float32)
    errors = [
        np.bitwise_count(fingerprint_sound(wave).words ^ fingerprint_sound(sound).words).mean() / 32
        for sound in (noisy, other)
    ]
    assert errors[0] < 0.1 and errors[1] == pytest.approx(0.5, abs=0.05)
