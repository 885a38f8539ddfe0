import numpy as np
import pytest

from pipelines.duplicates import copies, picture_pairs, sound_pairs
from pipelines.fingerprint import SOUND_RATE, fingerprint_sound


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def words(rng, count=10):
    return rng.integers(0, 2**63, count).astype(np.uint64)


def test_finds_a_clip_again_whose_words_differ_in_a_few_bits(rng):
    original = words(rng)
    flipped = original ^ np.uint64(1 << 60 | 1 << 33 | 1 << 20 | 1 << 7)
    pairs = picture_pairs({"b": flipped, "a": original, "c": words(rng)})
    assert [(pair.first, pair.second, pair.score) for pair in pairs] == [("a", "b", 1.0)]


def test_a_few_pictures_in_common_are_no_pair(rng):
    original, other = words(rng), words(rng)
    other[:2] = original[:2]
    assert picture_pairs({"a": original, "b": other}) == []


def test_finds_every_near_pair_that_comparing_all_with_all_finds(rng):
    """Sorting words by their bytes must not lose any."""
    originals = {f"a{number}": words(rng, 1) for number in range(40)}
    near = {}
    for number, (word,) in enumerate(originals.values()):
        bits = rng.choice(64, 7, replace=False)
        near[f"b{number}"] = np.array([word ^ np.bitwise_or.reduce(np.uint64(1) << bits.astype(np.uint64))])
    assert {(pair.first, pair.second) for pair in picture_pairs(originals | near)} == {
        (f"a{number}", f"b{number}") for number in range(40)
    }


def test_a_copy_under_another_name_is_dropped_whatever_the_order(rng):
    original = words(rng)
    items = {"one": original, "two": words(rng), "three": original.copy()}
    sources = {"one": "x", "two": "y", "three": "z"}
    assert copies(items, sources) == copies(dict(reversed(items.items())), sources) == {"three": "one"}


def test_stretches_of_one_video_are_no_copies(rng):
    still_camera = words(rng, 1).repeat(10)
    assert copies({"a": still_camera, "b": still_camera}, {"a": "video", "b": "video"}) == {}


def test_finds_shifted_sound_again(rng):
    long = rng.normal(0, 0.1, 12 * SOUND_RATE).astype(np.float32)
    early, late = long[: 8 * SOUND_RATE], long[2 * SOUND_RATE + 31 :]
    other = rng.normal(0, 0.1, 8 * SOUND_RATE).astype(np.float32)
    prints = {name: fingerprint_sound(wave) for name, wave in (("a", early), ("b", late), ("c", other))}
    assert [(pair.first, pair.second) for pair in sound_pairs(prints)] == [("a", "b")]


def test_silence_in_common_is_no_pair():
    silence = fingerprint_sound(np.zeros(8 * SOUND_RATE, np.float32))
    assert sound_pairs({"a": silence, "b": silence}) == []
    assert sound_pairs({}) == []
