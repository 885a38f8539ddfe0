from fractions import Fraction

import pytest

from avbench.clipset.timeline import shared_stretch
from avbench.errors import DataError
from avbench.media.probe import AudioStream, VideoStream


def ms(number: int) -> Fraction:
    return Fraction(number, 1000)


def video(start: int, end: int) -> VideoStream:
    return VideoStream(
        width=64,
        height=48,
        frames=1,
        fps=Fraction(10),
        start=ms(start),
        end=ms(end),
        times=(ms(start),),
        vfr=False,
        rotation=0,
        codec="h264",
        pix_fmt="yuv420p",
    )


def audio(start: int, end: int) -> AudioStream:
    return AudioStream(sample_rate=16_000, channels=1, start=ms(start), end=ms(end), codec="aac")


def test_begins_with_the_picture_when_the_sound_is_already_there():
    stretch = shared_stretch(video(69, 1669), audio(0, 1700))
    assert (stretch.video_origin, stretch.audio_origin, stretch.duration) == (ms(69), ms(69), ms(1600))


def test_begins_with_the_sound_when_it_comes_late():
    stretch = shared_stretch(video(0, 2000), audio(500, 2000))
    assert (stretch.video_origin, stretch.audio_origin, stretch.duration) == (ms(500), ms(500), ms(1500))


@pytest.mark.parametrize(("late", "origin"), [(50, 0), (51, 51)])
def test_pads_sound_that_is_late_by_50_ms_and_no_more(late, origin):
    assert shared_stretch(video(0, 2000), audio(late, 2000)).video_origin == ms(origin)


@pytest.mark.parametrize(("early", "duration"), [(50, 2000), (51, 1949)])
def test_pads_sound_that_ends_50_ms_early_and_no_more(early, duration):
    assert shared_stretch(video(0, 2000), audio(0, 2000 - early)).duration == ms(duration)


def test_ends_with_the_picture_when_the_sound_goes_on():
    assert shared_stretch(video(0, 1000), audio(0, 5000)).duration == ms(1000)


def test_takes_away_a_start_that_both_streams_have():
    stretch = shared_stretch(video(1400, 3400), audio(1420, 3400))
    assert (stretch.audio_origin, stretch.duration) == (ms(1400), ms(2000))


def test_puts_the_first_sample_of_a_separate_sound_with_the_first_frame():
    stretch = shared_stretch(video(500, 2500), audio(0, 2000), separate=True)
    assert (stretch.video_origin, stretch.audio_origin, stretch.duration) == (ms(500), ms(0), ms(2000))


def test_is_all_of_a_stream_that_is_alone():
    assert shared_stretch(video(100, 900), None).duration == ms(800)
    assert shared_stretch(None, audio(100, 900)).audio_origin == ms(100)


def test_refuses_streams_that_do_not_overlap():
    with pytest.raises(DataError, match="do not overlap"):
        shared_stretch(video(0, 1000), audio(1500, 2000))
