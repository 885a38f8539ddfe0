import ffmpeg
import imageio_ffmpeg
import pytest

from avbench.errors import DataError, MachineError
from avbench.media import filters
from avbench.media.filters import Loudness, ffmpeg_program, loudness_in, run_ffmpeg


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


def test_a_full_disk_is_no_fault_of_the_clip(tmp_path, monkeypatch):
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho 'av_interleaved_write_frame(): No space left on device' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(filters, "ffmpeg_program", lambda: str(program))
    with pytest.raises(MachineError, match="the disk full"):
        run_ffmpeg(ffmpeg.input("testsrc", f="lavfi").output("-", format="null"), limit=20)


def test_silence_has_no_loudness():
    assert loudness_in("Summary:\n I:  -70.0 LUFS\n Peak:  -inf dBFS") == Loudness(None, None)
