from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from avbench.clipset import open_clipset
from avbench.metrics.alignment import motion, motion_onset, onsets
from avbench.protocol import AVBENCH
from avbench.windows import Window, WindowReader

RATE = 16_000
FRAMES = 16
SAMPLES = 25_600


def flashes(*frames: int) -> torch.Tensor:
    """A dark picture (1, 3, 16, 8, 8) that is white in some frames."""
    video = torch.zeros(1, 3, FRAMES, 8, 8)
    video[:, :, list(frames)] = 1.0
    return video


def clicks(*seconds: float) -> torch.Tensor:
    """Silence (1, 1, 25600) with short bursts of noise that begin at the given times."""
    sound = torch.zeros(1, 1, SAMPLES)
    burst = torch.from_numpy(np.random.default_rng(0).uniform(-0.5, 0.5, 400).astype(np.float32))
    for second in seconds:
        begin = round(second * RATE)
        sound[0, 0, begin : begin + len(burst)] = burst
    return sound


def test_motion_lies_between_the_frames_that_differ():
    assert motion(flashes(5)).nonzero()[:, 1].tolist() == [4, 5]


def test_motion_of_black_to_white_is_one():
    assert motion(flashes(5))[0, 4] == pytest.approx(1.0)


@pytest.mark.parametrize("interval", range(1, FRAMES - 2))
def test_an_onset_lies_between_the_frames_before_and_after_it(interval):
    assert onsets(clicks((interval + 0.5) / 10), RATE, FRAMES)[0].argmax() == interval


def test_the_end_of_a_sound_is_no_onset():
    sound = clicks(0.0)
    sound[..., :12_000] = torch.sin(2 * torch.pi * 440 / RATE * torch.arange(12_000)) * torch.linspace(0.5, 0, 12_000)
    assert onsets(sound, RATE, FRAMES)[0, 3:].max() < 0.05 * onsets(clicks(0.75), RATE, FRAMES).max()


def test_flashes_that_click_are_aligned_and_lose_it_when_the_sound_comes_late():
    seen = motion(flashes(3, 4, 5, 11, 12, 13)).numpy()  # changes at 0.2-0.3, 0.5-0.6, 1.0-1.1 and 1.3-1.4 s
    on_time = motion_onset(seen, onsets(clicks(0.25, 0.55, 1.05, 1.35), RATE, FRAMES).numpy())
    late = motion_onset(seen, onsets(clicks(0.4, 0.7, 1.2, 1.5), RATE, FRAMES).numpy())
    assert on_time[0] > 0.95
    assert late[0] == 0


def test_a_still_clip_and_a_silent_one_are_not_aligned():
    heard, seen = onsets(clicks(0.5), RATE, FRAMES).numpy(), motion(flashes(5)).numpy()
    nothing = np.zeros_like(seen)
    pairs = motion_onset(np.concatenate([nothing, seen, nothing]), np.concatenate([heard, nothing, nothing]))
    assert pairs.tolist() == [0, 0, 0]


@given(seed=st.integers(0, 2**32 - 1), gain=st.floats(0.01, 100), level=st.floats(0, 10))
def test_loudness_and_contrast_do_not_count(seed, gain, level):
    one, other = np.random.default_rng(seed).uniform(size=(2, 3, 15))
    np.testing.assert_allclose(motion_onset(gain * one + level, other), motion_onset(one, other), atol=1e-6)


def test_unrelated_pairs_get_about_a_tenth():
    one, other = np.random.default_rng(0).normal(size=(2, 4000, 15))
    assert motion_onset(one, other).mean() == pytest.approx(0.1, abs=0.02)


def test_real_clips_are_better_aligned_than_with_each_others_sound(clips, tmp_path):
    for name in ("hammer", "drum_a", "dog_a", "baby"):
        (tmp_path / f"{name}.mp4").symlink_to(clips / f"{name}.mp4")
    clipset = open_clipset(tmp_path)
    reader = WindowReader(clipset, AVBENCH)
    windows = [Window(clip, k * Fraction(8, 5)) for clip in range(4) for k in range(3)]
    seen = np.concatenate([motion(reader.video(window)[None]).numpy() for window in windows])
    heard = np.concatenate([onsets(reader.audio(window, RATE)[None], RATE, FRAMES).numpy() for window in windows])
    reader.close()
    own = motion_onset(seen, heard).mean()
    others = np.mean([motion_onset(seen, np.roll(heard, shift, axis=0)).mean() for shift in range(1, len(windows))])
    assert own > others
