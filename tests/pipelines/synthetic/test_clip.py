"""The embedded data set tells the truth about itself: what `meta` says is what one hears and sees."""

import functools
import hashlib
import json
import math
import re
import subprocess
import sys
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from pipelines.synthetic import BACKGROUNDS, CLASSES, SyntheticClip, render

render_once = functools.cache(render)


@pytest.fixture(params=range(len(CLASSES)), ids=lambda index: render_once(index, 3).label)
def clip(request: pytest.FixtureRequest) -> SyntheticClip:
    """One clip of every class."""
    return render_once(request.param, 3)


def lonely(clip: SyntheticClip, gap: float = 0.12) -> list[dict[str, float]]:
    """The impacts with nothing else `gap` seconds before and after them, of which there is at least one."""
    impacts = clip.meta["impacts"]
    times = [0.0, *(impact["time"] for impact in impacts), float(len(clip.video) / clip.fps)]
    chosen = [
        impact
        for before, impact, after in zip(times, impacts, times[2:], strict=False)
        if impact["time"] - before > gap and after - impact["time"] > gap
    ]
    assert chosen
    return chosen


def sound(clip: SyntheticClip, start: float, seconds: float) -> np.ndarray:
    first = round(start * clip.sample_rate)
    return clip.audio[:, first : first + round(seconds * clip.sample_rate)].astype(np.float64)


def knock(clip: SyntheticClip, start: float, seconds: float) -> np.ndarray:
    """The noise that every strike begins with: the second difference drowns what still rings from before."""
    return np.diff(sound(clip, start, seconds), n=2)


def test_pictures_and_sound_last_equally_long(clip):
    assert clip.video.shape == (96, 256, 256, 3)
    assert clip.audio.shape == (2, 141_120)
    assert len(clip.video) / clip.fps == Fraction(clip.audio.shape[1], clip.sample_rate)


def test_sound_keeps_within_full_scale(clip):
    assert clip.audio.dtype == np.float32
    assert 0.1 < np.abs(clip.audio).max() < 1


def test_a_strike_is_heard_within_a_millisecond_of_its_time(clip):
    for impact in lonely(clip):
        loudness = np.abs(knock(clip, impact["time"] - 0.02, 0.04)).sum(axis=0)
        before = loudness[: len(loudness) * 9 // 20]
        onset = np.flatnonzero(loudness > 1.5 * before.max())[0] / clip.sample_rate - 0.02
        assert abs(onset) < 0.001


def test_a_strike_sounds_at_its_pitch(clip):
    for impact in lonely(clip):
        ringing = sound(clip, impact["time"], 0.1).sum(axis=0) * np.hanning(4410)
        peak = np.abs(np.fft.rfft(ringing, 1 << 16)).argmax() * clip.sample_rate / (1 << 16)
        assert peak == pytest.approx(impact["pitch_hz"], rel=0.03)


def test_a_strike_comes_from_its_place(clip):
    for impact in lonely(clip):
        left, right = np.sqrt((knock(clip, impact["time"], 0.003) ** 2).sum(axis=1))
        pan = math.atan2(right, left) * 4 / math.pi - 1
        assert pan == pytest.approx(impact["pan"], abs=0.12)  # the room sounds too
        assert impact["pan"] == pytest.approx(2 * impact["x"] - 1)


def test_a_strike_is_as_loud_as_it_says(clip):
    impacts = lonely(clip)
    heard = [np.sqrt((knock(clip, impact["time"], 0.003) ** 2).sum()) for impact in impacts]
    ratios = np.array(heard) / [impact["loudness"] for impact in impacts]
    assert ratios == pytest.approx(np.full(len(ratios), np.median(ratios)), rel=0.4)  # the knock is noise


def test_the_picture_lights_up_in_the_first_frame_at_or_after_a_strike(clip):
    for impact in lonely(clip):
        frame = math.ceil(impact["time"] * clip.fps)
        x, y = (min(int(256 * impact[axis]), 255) for axis in "xy")
        contact = clip.video[:, max(y - 3, 0) : y + 4, max(x - 3, 0) : x + 4].astype(float).mean(axis=(1, 2))
        changes = np.abs(np.diff(contact[frame - 1 : frame + 4], axis=0)).sum(axis=1)
        assert changes[0] > 80  # levels, of 3 x 255
        assert changes[0] > 1.5 * changes[2:].max()  # in the frame between, the body leaves


def test_the_same_seed_gives_the_same_bytes_in_another_process():
    program = (
        "import hashlib; from pipelines.synthetic import render; clip = render(2, 5);"
        "print(hashlib.sha256(clip.video.tobytes() + clip.audio.tobytes()).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    clip = render(2, 5)
    assert done.stdout.strip() == hashlib.sha256(clip.video.tobytes() + clip.audio.tobytes()).hexdigest()


def test_another_seed_gives_another_clip():
    one, other = render_once(0, 3), render(0, 4)
    assert one.key != other.key
    assert not np.array_equal(one.video, other.video)
    assert not np.array_equal(one.audio, other.audio)


def test_clips_of_one_class_differ():
    index = next(index for index in range(6, 12) if render_once(index, 3).label == render_once(0, 3).label)
    assert not np.array_equal(render_once(0, 3).audio, render_once(index, 3).audio)


def test_every_class_comes_equally_often_in_an_order_of_its_own():
    labels = [render_once(index, 3).label for index in range(2 * len(CLASSES))]
    assert Counter(labels) == dict.fromkeys(CLASSES, 2)
    assert labels[: len(CLASSES)] != labels[len(CLASSES) :]


def test_backgrounds_vary_and_are_named():
    names = {render_once(index, 3).meta["background"] for index in range(2 * len(CLASSES))}
    assert len(names) >= 3
    assert names <= set(BACKGROUNDS)


def test_the_truth_goes_into_json(clip):
    assert json.loads(json.dumps(clip.meta)) == clip.meta


def test_keys_suit_shards(clip):
    assert re.fullmatch("[A-Za-z0-9_-]+", clip.key)
