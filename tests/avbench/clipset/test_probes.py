import os
import shutil

import pytest

import avbench.clipset.probes as probes
from avbench.clipset.probes import Probed, probe_files
from avbench.errors import DataError
from avbench.media.probe import probe


@pytest.fixture
def never_probe(monkeypatch):
    def use():
        monkeypatch.setattr(probes, "probe", lambda file: pytest.fail(f"{file} was probed again"))

    return use


def test_gives_what_probe_gives_also_from_the_cache(clips, never_probe):
    files = sorted(clips.glob("*.mp4"))[:4]
    wanted = [probe(file) for file in files]
    assert [probed.info for probed in probe_files(files)] == wanted
    never_probe()
    assert [probed.info for probed in probe_files(files)] == wanted


def test_keeps_the_times_of_uneven_frames(tmp_path, movie):
    file = movie(tmp_path / "a.mkv", video_start=0.069, audio_start=0.033)
    (probed,) = probe_files([file])
    assert probed.info.video.times == probe(file).video.times


def test_probes_a_file_again_when_it_has_changed(tmp_path, movie):
    file = movie(tmp_path / "a.mkv", seconds=1)
    (before,) = probe_files([file])
    movie(file, seconds=2)
    (after,) = probe_files([file])
    assert (before.info.video.frames, after.info.video.frames) == (10, 20)
    assert before.sha256 != after.sha256


def test_gives_errors_in_the_place_of_files_that_cannot_be_used(tmp_path, movie):
    good = movie(tmp_path / "good.mkv")
    (tmp_path / "text.mp4").write_text("hello")
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "nowhere")
    found = probe_files([tmp_path / "gone.mp4", good, tmp_path / "text.mp4"])
    assert [type(each) for each in found] == [DataError, Probed, DataError]


def test_does_not_remember_failures(tmp_path, movie):
    file = tmp_path / "a.mkv"
    file.write_bytes(b"")
    probe_files([file])
    whole = movie(tmp_path / "b.mkv")
    status = file.stat()
    shutil.copy(whole, file)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert isinstance(probe_files([file])[0], Probed)


def test_works_without_a_cache_when_its_place_is_taken(tmp_path, movie, monkeypatch, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv("AVBENCH_HOME", str(tmp_path / "file" / "home"))
    assert isinstance(probe_files([movie(tmp_path / "a.mkv")])[0], Probed)
    assert "probed anew" in caplog.text
