import shutil
from fractions import Fraction

import numpy as np
import pytest

from avbench.clip import ClipSpec
from avbench.clipset import open_clipset
from avbench.clipset.folder import FolderClipSet
from avbench.errors import DataError, UsageError


def shade(frame):
    """Which frame of a `movie` is seen: they get lighter by 20."""
    return round(frame[frame.shape[0] // 2, frame.shape[1] // 2].mean() / 20)


def test_opens_real_videos_in_place(clips):
    clipset = open_clipset(clips)
    landscape = next(record for record in clipset.records if record.source == "generated_landscape.mp4")
    assert clipset.kind == "folder" and clipset.name == clips.name
    assert (landscape.width, landscape.height, landscape.fps) == (256, 256, 10)
    assert [r.source for r in clipset.records if not r.has_audio] == ["carphone_silent.mp4"]


def test_writes_nothing_into_the_folder(tmp_path, movie):
    movie(tmp_path / "videos" / "a.mkv")
    clipset = open_clipset(tmp_path / "videos")
    clipset.clip(0)
    assert [path.name for path in (tmp_path / "videos").iterdir()] == ["a.mkv"]


def test_reads_one_stream_alone(tmp_path, movie):
    clipset = open_clipset(movie(tmp_path / "videos" / "a.mkv").parent)
    assert (clipset.clip(0, video=False).video, clipset.clip(0, audio=False).audio) == (None, None)


def test_says_of_each_unusable_file_why(tmp_path, movie, clips):
    movie(tmp_path / "good.mkv")
    (tmp_path / "text.mp4").write_text("hello")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "cut.mp4").write_bytes((clips / "vgg_a.mp4").read_bytes()[:200_000])
    clipset = open_clipset(tmp_path)
    assert [record.source for record in clipset.records] == ["good.mkv"]
    reasons = {failure.item: failure.reason for failure in clipset.failures}
    assert reasons.keys() == {"text.mp4", "empty.mp4", "cut.mp4"}
    assert reasons["empty.mp4"] == "empty" and reasons["text.mp4"] == "not_media"
    assert all(str(tmp_path / failure.item) in failure.message for failure in clipset.failures)


def test_refuses_a_folder_in_which_nothing_can_be_used(tmp_path):
    (tmp_path / "text.mp4").write_text("hello")
    with pytest.raises(DataError, match=r"none of its 1 media files can be used \(1 not_media\).*text\.mp4"):
        open_clipset(tmp_path)


def test_starts_sound_and_picture_where_both_are_there(tmp_path, movie):
    movie(tmp_path / "late_sound.mkv", audio_start=0.5)
    clipset = open_clipset(tmp_path)
    clip = clipset.clip(0, spec=ClipSpec(frames=5))
    assert clipset.records[0].duration == Fraction(3, 2)
    assert [shade(frame) for frame in clip.video] == [5, 6, 7, 8, 9]
    assert np.abs(clip.audio[:, :100]).max() > 0.1


def test_takes_the_first_sample_of_a_wav_for_the_first_frame(tmp_path, movie, tone):
    movie(tmp_path / "a.mkv", video_start=0.7, audio_start=None)
    tone(tmp_path / "a.flac", seconds=2, sample_rate=44_100)
    clipset = open_clipset(tmp_path)
    clip = clipset.clip(0)
    assert [record.sample_rate for record in clipset.records] == [44_100]
    assert [shade(frame) for frame in clip.video[:3]] == [0, 1, 2]
    assert clip.audio[0, 3] == pytest.approx(8000 / 32768 * np.sin(2 * np.pi * 440 * 3 / 16_000), abs=0.02)


def test_takes_sounds_from_a_folder_of_their_own(tmp_path, movie, tone):
    movie(tmp_path / "videos" / "a.mkv", audio_start=0)
    tone(tmp_path / "sounds" / "a.wav", sample_rate=22_050)
    clipset = FolderClipSet(tmp_path / "videos", audio=tmp_path / "sounds")
    assert clipset.records[0].sample_rate == 22_050


def test_counts_a_video_whose_sound_is_broken_as_a_failure(tmp_path, movie):
    movie(tmp_path / "a.mkv")
    movie(tmp_path / "b.mkv")
    (tmp_path / "b.wav").write_bytes(b"")
    clipset = open_clipset(tmp_path)
    assert [(failure.item, failure.reason) for failure in clipset.failures] == [("b.mkv", "empty")]


def test_has_clips_of_sound_alone(tmp_path, tone):
    tone(tmp_path / "a.wav")
    clipset = open_clipset(tmp_path)
    clip = clipset.clip(0)
    assert not clipset.records[0].has_video
    assert clip.video is None and clip.audio.shape == (1, 25_600)


def test_takes_clips_that_other_models_give(tmp_path, movie, tone):
    movie(tmp_path / "wide.mkv", seconds=8, size=(288, 512), audio_start=None)
    tone(tmp_path / "wide.wav", seconds=8, sample_rate=44_100)
    clipset = open_clipset(tmp_path)
    clip = clipset.clip(0, start=Fraction(32, 5))
    assert clipset.records[0].duration == 8
    assert clip.video.shape == (16, 64, 64, 3)
    assert clip.video[0, :14].max() == 0 and clip.video[0, 14:50].min() > 0  # 512x288 becomes 64x36
    assert clip.audio.shape == (1, 25_600)


def test_has_a_fingerprint_of_content_and_not_of_place(tmp_path, movie):
    first = open_clipset(movie(tmp_path / "one" / "a.mkv").parent)
    second = open_clipset(shutil.copytree(tmp_path / "one", tmp_path / "two"))
    third = open_clipset(movie(tmp_path / "three" / "a.mkv", seconds=3).parent)
    assert first.fingerprint == second.fingerprint != third.fingerprint


def test_has_no_shards_to_stream(tmp_path, movie):
    with pytest.raises(UsageError, match="avbench prepare folder"):
        open_clipset(movie(tmp_path / "a.mkv").parent).as_webdataset()
