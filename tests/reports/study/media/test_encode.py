"""The chain that all clips of a study go through, real or generated."""

import dataclasses
import os
from fractions import Fraction

import av
import numpy as np
import pytest

from avbench.clip import Clip, ClipSpec
from avbench.errors import DataError
from reports.study.media.encode import encode_clip, measure, media_of, pad_alike

SPEC = ClipSpec(frames=8, fps=Fraction(10), size=32, sample_rate=16_000)
MEDIA = media_of(SPEC, -23.0)


def make_clip(kind):
    rng = np.random.default_rng(0)
    times = np.arange(SPEC.samples) / SPEC.sample_rate
    smooth = np.linspace(0, 255, 32, dtype=np.uint8)[None, :, None, None].repeat(8, 0).repeat(32, 2).repeat(3, 3)
    video, audio = {
        "noise": (rng.integers(0, 256, (8, 32, 32, 3), dtype=np.uint8), rng.uniform(-1, 1, (2, SPEC.samples))),
        "quiet tone": (smooth, 0.001 * np.sin(2 * np.pi * 1000 * times)[None]),
        "click": (smooth, (np.arange(SPEC.samples) == 5000)[None] * 1.0),
        "silence": (smooth, np.zeros((1, SPEC.samples))),
    }[kind]
    return Clip(key=kind, video=video, audio=audio.astype(np.float32), fps=SPEC.fps, sample_rate=SPEC.sample_rate)


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """Clips as unlike as can be: path and facts by kind."""
    folder = tmp_path_factory.mktemp("encoded")
    kinds = ("noise", "quiet tone", "click", "silence")
    paths = {kind: folder / f"{number}.mp4" for number, kind in enumerate(kinds)}
    return {kind: (path, encode_clip(path, make_clip(kind), MEDIA)) for kind, path in paths.items()}


def test_all_clips_have_one_form(encoded):
    same = ("seconds", "width", "height", "frames", "sample_rate", "channels", "tags")
    forms = {tuple(getattr(facts, name) for name in same) for _, facts in encoded.values()}
    (form,) = forms
    assert form[:-1] == (0.8, 32, 32, 8, 16_000, 1)


def test_loud_and_quiet_sound_is_brought_to_one_loudness(encoded):
    assert encoded["noise"][1].loudness_lufs == pytest.approx(-23, abs=0.5)
    assert encoded["quiet tone"][1].loudness_lufs == pytest.approx(-23, abs=0.5)


def test_no_gain_lets_a_peak_clip(encoded):
    assert encoded["click"][1].peak_dbfs < 0


def test_silence_stays_silent(encoded):
    assert encoded["silence"][1].loudness_lufs is None


def test_no_trace_of_the_encoder_is_left(encoded):
    assert all(b"x264 - core" not in path.read_bytes() for path, _ in encoded.values())


def test_pictures_come_through_in_their_colours(encoded):
    with av.open(str(encoded["quiet tone"][0])) as container:
        frames = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
    assert np.abs(frames.astype(int) - make_clip("quiet tone").video.astype(int)).mean() < 3


def test_the_same_clip_gives_the_same_bytes(encoded, tmp_path):
    encode_clip(tmp_path / "again.mp4", make_clip("noise"), MEDIA)
    assert (tmp_path / "again.mp4").read_bytes() == encoded["noise"][0].read_bytes()


def test_padded_files_have_one_size_and_one_time_and_the_same_content(encoded, tmp_path):
    size = pad_alike({kind: path for kind, (path, _) in encoded.items()}, tmp_path)
    files = {kind: tmp_path / f"{kind}.mp4" for kind in encoded}
    assert {file.stat().st_size for file in files.values()} == {size}
    assert len({os.stat(file).st_mtime for file in files.values()}) == 1
    assert all(measure(files[kind]) == facts for kind, (_, facts) in encoded.items())


@pytest.mark.parametrize(("missing", "message"), [("audio", "it has no sound"), ("video", "it has no picture")])
def test_a_clip_without_sound_or_picture_is_refused(tmp_path, missing, message):
    with pytest.raises(DataError, match=message):
        encode_clip(tmp_path / "clip.mp4", dataclasses.replace(make_clip("noise"), **{missing: None}), MEDIA)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_clip_is_refused(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(b"no clip")
    with pytest.raises(DataError):
        measure(tmp_path / "clip.mp4")
