import io
import json
from fractions import Fraction

import av
import numpy as np
import pytest

from avbench.media.audio import read_audio
from avbench.media.probe import probe
from avbench.media.video import VideoReader
from pipelines.cut import Span
from pipelines.encode import encode_clip
from pipelines.folder import folder
from pipelines.storage import Storage


@pytest.fixture
def encode():
    """Encodes a stretch of the only item of a folder (by default all of it)."""

    def run(path, start=Fraction(0), duration=None, **storage):
        (item,) = folder(path).items
        with item.open() as recording:
            span = Span(start, recording.stretch.duration if duration is None else duration)
            return encode_clip(item, recording, span, Storage(**storage))

    return run


def decode(clip):
    """Frames (T, H, W, 3) and sound (C, S) of a stored clip."""
    frames = sound = None
    for suffix in {"mp4", "mkv"} & clip.members.keys():
        info = probe(clip.members[suffix]).video
        with VideoReader(clip.members[suffix], info) as reader:
            frames = np.stack(reader.frames_at(info.times))
    if "flac" in clip.members:
        info = probe(clip.members["flac"]).audio
        sound = read_audio(clip.members["flac"], info, info.start, int(info.end * info.sample_rate), info.sample_rate)
    return frames, sound


def test_takes_the_last_frame_at_or_before_each_tenth_of_a_second(tmp_path, movie, encode):
    movie(tmp_path / "a.mp4", fps=24, seconds=2)
    frames, _ = decode(encode(tmp_path))
    shown = [(5 * (10 * (24 * k // 10) // 24)) for k in range(20)]
    assert frames[:, 20, 30].mean(axis=1) == pytest.approx(shown, abs=2)


def test_keeps_every_frame_at_the_native_rate(tmp_path, movie, encode):
    movie(tmp_path / "a.mp4", fps=30, seconds=1)
    clip = encode(tmp_path, fps=None)
    frames, _ = decode(clip)
    assert clip.record.fps == 30 and len(frames) == 30
    assert frames[:, 20, 30].mean(axis=1) == pytest.approx([5 * (k // 3) for k in range(30)], abs=2)


def test_neither_doubles_nor_drops_frames_whose_times_were_rounded(tmp_path, encode):
    with av.open(str(tmp_path / "a.mkv"), "w") as container:  # times in whole milliseconds
        stream = container.add_stream("ffv1", rate=30)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "bgr0"
        for k in range(30):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 8 * k, np.uint8), format="rgb24")
            container.mux(stream.encode(frame.reformat(format="bgr0")))
        container.mux(stream.encode())
    frames, _ = decode(encode(tmp_path, fps=None, lossless=True))
    assert [int(frame[20, 30, 0]) for frame in frames] == [8 * k for k in range(30)]


def test_keeps_flash_and_click_together(tmp_path, encode, movie, soundtrack):
    def flash(k):
        return np.full((48, 64, 3), 250 if k == 39 else 0, np.uint8)  # frame 39 of 30 a second is at 1.3 s

    from avbench.media.encode import write_movie

    click = np.zeros((1, 96_000), np.float32)
    click[:, round(1.3 * 48_000) : round(1.3 * 48_000) + 200] = 0.8
    write_movie(tmp_path / "a.mp4", (flash(k) for k in range(60)), Fraction(30), click, 48_000)
    clip = encode(tmp_path, start=Fraction(1, 2), duration=Fraction(1))
    frames, sound = decode(clip)
    seen = int(np.argmax(frames[:, 20, 30, 0])) / 10
    heard = int(np.argmax(np.abs(sound[0]) > 0.2)) / 44_100
    assert seen == pytest.approx(0.8) and abs(heard - seen) < 0.005


def test_stores_sound_at_44_100_hz_of_exactly_the_clips_length(tmp_path, movie, encode):
    movie(tmp_path / "a.mp4", seconds=3, sample_rate=16_000, channels=1)
    clip = encode(tmp_path, duration=Fraction(8, 5))
    frames, sound = decode(clip)
    assert len(frames) == 16 and sound.shape == (1, 70_560)
    assert (clip.record.duration, clip.record.sample_rate) == (Fraction(8, 5), 44_100)
    assert json.loads(clip.members["json"])["src"]["audio_rate"] == 16_000


def test_mixes_5_1_sound_down_and_says_so(clips, tmp_path, encode):
    (tmp_path / "a.mp4").symlink_to(clips / "bigbuckbunny_5_1.mp4")
    clip = encode(tmp_path, duration=Fraction(1))
    assert (clip.record.channels, clip.record.source_channels) == (2, 6)
    assert "downmixed" in json.loads(clip.members["json"])["warnings"]


def test_pads_what_lacks_at_the_end_and_says_how_much(tmp_path, movie, soundtrack, encode):
    movie(tmp_path / "a.mp4", sound=False)
    soundtrack(tmp_path / "a.flac", seconds=1.96)
    clip = encode(tmp_path)
    _, sound = decode(clip)
    assert sound.shape == (1, 88_200) and not sound[:, -1700:].any()
    assert json.loads(clip.members["json"])["pad_audio_s"] == pytest.approx(0.04)


def test_lossless_pictures_are_those_of_the_original(tmp_path, movie, encode):
    movie(tmp_path / "a.mp4")
    clip = encode(tmp_path, lossless=True)
    frames, _ = decode(clip)
    source = tmp_path / "a.mp4"
    info = probe(source).video
    with VideoReader(source, info) as reader:
        assert (frames == np.stack(reader.frames_at(info.times))).all()
    assert "mp4" not in clip.members


def test_scales_large_pictures_to_256_and_keeps_their_aspect(clips, tmp_path, encode):
    (tmp_path / "a.mp4").symlink_to(clips / "vgg_portrait.mp4")
    clip = encode(tmp_path, duration=Fraction(1, 2))
    assert (clip.record.width, clip.record.height) == (256, 320)


@pytest.mark.parametrize(("fit", "band"), [("letterbox", True), ("crop", False)])
def test_stores_squares_when_asked(tmp_path, movie, encode, fit, band):
    movie(tmp_path / "a.mp4", size=(300, 600), seconds=1)
    clip = encode(tmp_path, fit=fit)
    frames, _ = decode(clip)
    assert frames.shape[1:3] == (256, 256)
    assert (frames[9, 10].max() < 10) == band


def test_stores_small_frames_scaled_from_the_original(tmp_path, movie, encode):
    movie(tmp_path / "a.mp4", size=(48, 64))
    small = np.load(io.BytesIO(encode(tmp_path, v64=True).members["v64.npy"]))
    assert small.shape == (20, 64, 64, 3) and small.dtype == np.uint8
    assert not small[:, :8].any() and small[10, 9:55].mean() == pytest.approx(50, abs=2)


def test_records_what_meta_data_and_original_say(tmp_path, movie, encode):
    movie(tmp_path / "a.mp4", fps=24)
    facts = json.loads(encode(tmp_path, duration=Fraction(1)).members["json"])
    assert facts["src"]["fps_avg"] == 24 and facts["out"]["fps"] == 10
    assert (facts["start_s"], facts["end_s"], facts["source"]) == (0, 1, "a.mp4")
    assert facts["still"] is False and 0 < facts["silent_fraction"] < 1


def test_marks_still_and_silent_clips(tmp_path, encode):
    from avbench.media.encode import write_movie

    frames = [np.full((48, 64, 3), 99, np.uint8)] * 10
    write_movie(tmp_path / "a.mp4", frames, Fraction(10), np.zeros((1, 16_000), np.float32), 16_000)
    assert set(json.loads(encode(tmp_path).members["json"])["warnings"]) == {"still", "silent"}


def test_stores_pictures_or_sound_alone(tmp_path, movie, soundtrack, encode):
    movie(tmp_path / "silent" / "a.mp4", sound=False)
    soundtrack(tmp_path / "sound" / "a.wav")
    assert encode(tmp_path / "silent").members.keys() == {"mp4", "json"}
    assert encode(tmp_path / "sound").members.keys() == {"flac", "json"}
