from fractions import Fraction

import ffmpeg
import pytest

from avbench.media.filters import run_ffmpeg
from pipelines.screen import levels
from pipelines.screen.levels import measure_levels


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
