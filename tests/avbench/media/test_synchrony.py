"""A flash and a click that coincide still coincide after reading, whatever the container does to their clocks."""

from fractions import Fraction

import numpy as np
import pytest

from avbench.media.audio import read_audio
from avbench.media.container import open_source
from avbench.media.probe import probe
from avbench.media.video import VideoReader

RATE = 48_000
FLASH = 37  # the frame that is white


def reel(times, audio_start=Fraction(0)):
    """Black pictures with one white one, and silence with a click at its time."""
    pictures = [np.full((64, 64, 3), 255 * (k == FLASH), np.uint8) for k in range(len(times))]
    sound = np.zeros((1, int((times[-1] + 1 - audio_start) * RATE)), np.float32)
    click = round((times[FLASH] - audio_start) * RATE)
    sound[0, click : click + 480] = np.sin(np.arange(480) * 0.4)
    return {"pictures": pictures, "times": times, "audio": sound, "audio_start": audio_start, "sample_rate": RATE}


def apart(picture_source, sound_source, origin_of_sound=None):
    """Seconds from the flash to the click, after reading both on one clock; and the longest frame."""
    video, audio = probe(picture_source).video, probe(sound_source).audio
    origin = max(video.start, audio.start) if origin_of_sound is None else video.start
    grid = [origin + Fraction(k, 1000) for k in range(int((video.end - origin) * 1000))]
    with VideoReader(picture_source, video) as reader:
        brightness = np.array([picture[0, 0, 0] for picture in reader.frames_at(grid)])
    flash = int(np.argmax(brightness > 127)) / 1000
    assert brightness[0] < 127 < brightness.max()
    start = origin if origin_of_sound is None else origin_of_sound
    for rate in (16_000, RATE):
        sound = np.abs(read_audio(sound_source, audio, start, 4 * rate, rate)[0])
        click = int(np.argmax(sound > sound.max() / 2)) / rate
        yield abs(click - flash), float(max(np.diff(np.array(video.times, float))))


STEADY = {
    "30 fps": [Fraction(k, 30) for k in range(90)],
    "29.97 fps": [Fraction(1001 * k, 30_000) for k in range(90)],
    "25 fps": [Fraction(k, 25) for k in range(90)],
    "60 fps": [Fraction(k, 60) for k in range(90)],
    "variable rate": [Fraction(k + k // 3 + k // 7, 30) for k in range(60)],
    "late video": [Fraction(k, 30) + Fraction(7, 10) for k in range(90)],
}


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov", "ts"])
@pytest.mark.parametrize("times", STEADY.values(), ids=STEADY.keys())
def test_at_every_frame_rate_in_every_container(times, suffix, tmp_path, make_movie):
    movie = make_movie(tmp_path / f"movie.{suffix}", **reel(times))
    for seconds, frame in apart(movie, movie):
        assert seconds <= frame / 2


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_with_sound_that_starts_half_a_second_late(suffix, tmp_path, make_movie):
    movie = make_movie(tmp_path / f"movie.{suffix}", **reel(STEADY["30 fps"], audio_start=Fraction(1, 2)))
    assert probe(movie).audio.start - probe(movie).video.start == pytest.approx(0.5, abs=0.03)
    for seconds, frame in apart(movie, movie):
        assert seconds <= frame / 2


@pytest.mark.parametrize("seek", ["0.3", "0.31", "0.33", "0.7"])
def test_with_an_edit_list_even_one_that_begins_within_a_frame(seek, tmp_path, make_movie, ffmpeg):
    movie = make_movie(tmp_path / "movie.mp4", **reel(STEADY["30 fps"]))
    ffmpeg("-ss", seek, "-i", movie, "-c", "copy", tmp_path / "cut.mp4")
    for seconds, frame in apart(tmp_path / "cut.mp4", tmp_path / "cut.mp4"):
        assert seconds <= frame / 8


@pytest.mark.parametrize("offset", ["-0.6", "-0.61"])
def test_with_negative_time_stamps(offset, tmp_path, make_movie, ffmpeg):
    movie = make_movie(tmp_path / "movie.mkv", **reel(STEADY["30 fps"]))
    shifted = ("-output_ts_offset", offset, "-avoid_negative_ts", "disabled")
    ffmpeg("-i", movie, "-c", "copy", *shifted, tmp_path / "negative.mov")
    with open_source(tmp_path / "negative.mov") as container:
        assert next(container.demux(video=0)).pts < 0
    for seconds, frame in apart(tmp_path / "negative.mov", tmp_path / "negative.mov"):
        assert seconds <= frame / 2


def test_with_sound_in_a_file_of_its_own(tmp_path, make_movie):
    content = reel(STEADY["25 fps"])
    silent = make_movie(tmp_path / "movie.mp4", content["pictures"], content["times"])
    sound = make_movie(
        tmp_path / "movie.wav", audio=content["audio"], sample_rate=RATE, audio_codec="pcm_f32le", format="wav"
    )
    for seconds, frame in apart(silent, sound, origin_of_sound=Fraction(0)):
        assert seconds <= frame / 2
