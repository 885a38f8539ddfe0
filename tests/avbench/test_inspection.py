import json
import re
from fractions import Fraction

import numpy as np
import pytest

from avbench.clipset import open_clipset
from avbench.inspection import Spread, inspect, previews
from avbench.media.encode import encode_mp4, write_movie


def write(path, *, seconds: float = 2, fps: int = 10, size=(48, 64), tone: float = 0.5, rate: int = 16_000, channels=1):
    """A movie that gets lighter, with a tone; without sound where `channels` is 0."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = [np.full((*size, 3), 5 * k % 250, np.uint8) for k in range(round(seconds * fps))]
    if channels == 0:
        path.write_bytes(encode_mp4(frames, Fraction(fps)))
        return
    wave = np.float32(tone) * np.sin(np.arange(round(seconds * rate)) / 10, dtype=np.float32)
    write_movie(path, frames, Fraction(fps), np.tile(wave, (channels, 1)), rate)


@pytest.fixture
def uniform(tmp_path):
    """Three movies alike, two of them cats."""
    for label, name, tone in (("cat", "a", 0.5), ("cat", "b", 0.4), ("dog", "c", 0.3)):
        write(tmp_path / "set" / label / f"{name}.mp4", tone=tone)
    return tmp_path / "set"


def test_counts_by_split_and_label(uniform):
    inspection = inspect(open_clipset(uniform))
    assert inspection.counts == {("train", "cat"): 2, ("train", "dog"): 1}
    assert (inspection.clips, inspection.sources, inspection.sizes) == (3, 3, {"64x48": 3})


def test_a_uniform_set_gives_no_warning(uniform):
    assert inspect(open_clipset(uniform)).warnings == ()


def test_all_durations_add_up(uniform):
    assert inspect(open_clipset(uniform)).seconds == pytest.approx(6, abs=0.2)


def test_spreads_are_of_the_clips_that_have_the_number(tmp_path):
    write(tmp_path / "a.mp4", fps=10, rate=16_000)
    write(tmp_path / "b.mp4", fps=25, rate=44_100, channels=2)
    write(tmp_path / "c.mp4", fps=30, channels=0)
    spreads = inspect(open_clipset(tmp_path)).spreads
    assert spreads["frames per second"] == Spread(minimum=10, median=25, maximum=30)
    assert spreads["sample rate"] == Spread(minimum=16_000, median=30_050, maximum=44_100)
    assert spreads["channels"] == Spread(minimum=1, median=1.5, maximum=2)


@pytest.mark.parametrize(
    ("odd", "warning"),
    [
        ({"channels": 0}, "1 of 4 clips have no sound"),
        ({"tone": 0.0}, "1 of 4 clips listened to are silent"),
        ({"seconds": 1}, "1 of 4 clips last less than 1.6 s"),
        ({"fps": 25}, r"2 frame rates \(10, 25\)"),
        ({"rate": 48_000}, r"2 sample rates \(16000, 48000\)"),
        ({"tone": 0.3}, "1 of 4 clips are copies of others"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_warns_of_what_will_surprise(uniform, odd, warning):
    write(uniform / "dog" / "odd.mp4", **odd)
    (told,) = inspect(open_clipset(uniform)).warnings
    assert re.search(warning, told)


def test_failures_are_counted_by_reason(uniform):
    (uniform / "cat" / "empty.mp4").touch()
    inspection = inspect(open_clipset(uniform))
    assert inspection.failures == {"empty": 1}
    assert inspection.warnings == ("1 of 4 items gave no clip: see failures by reason",)


def test_goes_into_json(uniform):
    inspection = inspect(open_clipset(uniform)).as_dict()
    assert json.loads(json.dumps(inspection))["counts"][0] == {"split": "train", "label": "cat", "clips": 2}


def test_previews_are_small_and_keep_their_proportions(tmp_path):
    write(tmp_path / "large.mp4", size=(320, 180), channels=2)
    (preview,) = previews(open_clipset(tmp_path), 8)
    assert preview.video.shape == (8, 160, 90, 3)
    assert preview.audio.shape[0] == 2


def test_previews_are_of_the_whole_clip(tmp_path):
    write(tmp_path / "a.mp4", seconds=4)
    (preview,) = previews(open_clipset(tmp_path), 8)
    grey = preview.video.mean(axis=(1, 2, 3))
    assert grey == pytest.approx(5 * np.arange(0, 40, 5), abs=8)
    assert len(preview.video) / preview.fps == pytest.approx(preview.audio.shape[1] / preview.sample_rate, abs=1e-3)


def test_of_a_long_clip_the_beginning_is_previewed(tmp_path):
    write(tmp_path / "long.mp4", seconds=12)
    (preview,) = previews(open_clipset(tmp_path), 8)
    assert len(preview.video) / preview.fps == 10


def test_previews_are_the_same_each_time(uniform):
    clipset = open_clipset(uniform)
    keys = [clip.key for clip in previews(clipset, 2)]
    assert len(set(keys)) == 2
    assert keys == [clip.key for clip in previews(clipset, 2)]


def test_real_clips_can_be_inspected(clips):
    inspection = inspect(open_clipset(clips))
    assert inspection.clips > 10
    assert inspection.spreads["channels"].maximum == 6
    assert any("have no sound" in warning for warning in inspection.warnings)
