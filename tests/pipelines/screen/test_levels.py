from fractions import Fraction

import ffmpeg
import imageio_ffmpeg
import pytest

from avbench.errors import DataError
from pipelines.screen import levels
from pipelines.screen.levels import ffmpeg_program, measure_levels, run_ffmpeg


def test_measures_the_loudness_of_a_sine_as_the_standard_has_it(tmp_path):
    """EBU Tech 3341: a stereo sine of 1 kHz at -23 dBFS has -23 LUFS."""
    amplitude = 10 ** (-23 / 20)
    tone = f"aevalsrc={amplitude}*sin(2000*PI*t)|{amplitude}*sin(2000*PI*t):s=48000:d=5"
    run_ffmpeg(ffmpeg.input(tone, f="lavfi").output(str(tmp_path / "tone.wav")), limit=20)
    found = measure_levels(tmp_path / "tone.wav", video=None, audio=0, start=Fraction(0), seconds=Fraction(5))
    assert found.loudness_lufs == pytest.approx(-23, abs=0.1)
    assert found.peak_dbfs == pytest.approx(-23, abs=0.2)
    assert (found.silence, found.black, found.freeze) == (0, None, None)


def test_what_lasts_to_the_end_is_counted_to_the_end():
    log = "[x] silence_start: 1.5\n[x] silence_end: 2 | silence_duration: 0.5\n[x] silence_start: 3\n"
    assert levels._read(log, 4.0, pictures=False, sound=True).silence == pytest.approx(1.5 / 4)


def test_reads_both_ways_to_write_black():
    one_line = "[blackdetect @ 0x1] black_start:0 black_end:2.5 black_duration:2.5\n"
    two_lines = "lavfi.black_start: 0\nlavfi.black_end: 2.5\n"
    for log in (one_line, two_lines):
        assert levels._read(log, 5.0, pictures=True, sound=False).black == pytest.approx(0.5)


def test_an_endless_input_is_stopped_at_the_limit():
    endless = ffmpeg.input("testsrc", f="lavfi", re=None).output("-", format="null")
    with pytest.raises(DataError, match="not done after 1 s"):
        run_ffmpeg(endless, limit=1)


def test_a_failure_is_told_in_ffmpegs_last_words(tmp_path):
    with pytest.raises(DataError, match="ffmpeg cannot read it"):
        run_ffmpeg(ffmpeg.input(str(tmp_path / "absent.mp4")).output("-", format="null"), limit=20)


def test_takes_the_ffmpeg_on_the_path_first(tmp_path, monkeypatch):
    (tmp_path / "ffmpeg").write_text("#!/bin/sh\n")
    (tmp_path / "ffmpeg").chmod(0o755)
    ffmpeg_program.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ffmpeg_program() == str(tmp_path / "ffmpeg")
    ffmpeg_program.cache_clear()
    monkeypatch.setenv("PATH", "/nowhere")
    assert ffmpeg_program() == imageio_ffmpeg.get_ffmpeg_exe()
    ffmpeg_program.cache_clear()
