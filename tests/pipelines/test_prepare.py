import dataclasses
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
import webdataset

from avbench.clip import ClipSpec
from avbench.clipset import open_clipset
from avbench.errors import DataError, MachineError, TooManyFailuresError, UsageError
from avbench.workspace import lock
from pipelines.folder import folder
from pipelines.prepare import prepare
from pipelines.rendered import synthetic
from pipelines.storage import Storage

TWO_SECONDS = Storage(clip_seconds=Fraction(2))


@pytest.fixture
def videos(tmp_path, movie):
    """Four videos, one of them too long by a tail, and a file that is none."""
    for number in range(3):
        movie(tmp_path / "videos" / "grey" / f"v{number}.mp4", seconds=2 + number / 10)
    movie(tmp_path / "videos" / "test" / "long.mp4", seconds=5)
    (tmp_path / "videos" / "text.mp4").write_text("no video")
    return tmp_path / "videos"


def make(videos, out, *, workers=1, storage=TWO_SECONDS, **options):
    return prepare(folder(videos), out, name="set", storage=storage, workers=workers, **options)


def contents(path):
    return {file.relative_to(path): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_turns_every_item_into_clips_or_a_failure(videos, tmp_path):
    prepared = make(videos, tmp_path / "out")
    assert (prepared.items, prepared.clips, prepared.tails, prepared.splits) == (5, 5, 3, {"test": 2, "train": 3})
    assert [(failure.item, failure.reason) for failure in prepared.failures] == [("text.mp4", "not_media")]
    table, failures = pd.read_parquet(tmp_path / "out" / "clips.parquet"), pd.read_csv(tmp_path / "out/failures.csv")
    assert table["source"].nunique() + len(failures) == prepared.items
    assert Counter(table["label"]) == {"grey": 3, "": 2}


def test_leaves_nothing_but_the_set(videos, tmp_path):
    make(videos, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        ".lock",
        "clipset.json",
        "clips.parquet",
        "index.parquet",
        "failures.csv",
        "train-000000.tar",
        "test-000000.tar",
    }


def test_does_not_change_the_videos(videos, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in videos.rglob("*")}
    make(videos, tmp_path / "out")
    assert {path: path.stat().st_mtime_ns for path in videos.rglob("*")} == before


# webdataset leaves the closing of its files to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_makes_shards_that_plain_webdataset_reads(videos, tmp_path):
    make(videos, tmp_path / "out", storage=dataclasses.replace(TWO_SECONDS, v64=True))
    shard = str(tmp_path / "out" / "test-000000.tar")
    samples = list(webdataset.WebDataset(shard, shardshuffle=False).decode())
    assert [sample["json"]["start_s"] for sample in samples] == [0, 2]
    assert samples[0]["v64.npy"].shape == (20, 64, 64, 3)


def test_gives_the_same_bytes_for_any_number_of_workers(videos, tmp_path):
    make(videos, tmp_path / "one", workers=1)
    make(videos, tmp_path / "again", workers=1)
    make(videos, tmp_path / "two", workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "again") == contents(tmp_path / "two")


def test_reports_progress_to_its_end(videos, tmp_path):
    told = []
    make(videos, tmp_path / "out", progress=lambda what, done, total: told.append((what, done, total)))
    assert told[3] == ("encoding", 4, 4) and told[-1] == ("writing shards", 5, 5)


def test_does_nothing_when_the_set_is_finished(videos, tmp_path):
    make(videos, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    prepared = make(videos, tmp_path / "out")
    assert prepared.finished_before and prepared.clips == 5
    del before[tmp_path / "out" / ".lock"]
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_refuses_other_settings_for_a_finished_set(videos, tmp_path):
    make(videos, tmp_path / "out")
    with pytest.raises(UsageError, match="other settings .fps 10 there, native here.; choose another --name"):
        make(videos, tmp_path / "out", storage=dataclasses.replace(TWO_SECONDS, fps=None))


def test_refuses_other_items_for_a_finished_set(videos, tmp_path, movie):
    make(videos, tmp_path / "out")
    movie(videos / "new.mp4")
    with pytest.raises(UsageError, match="made from other items .*; choose another --name"):
        make(videos, tmp_path / "out")


@pytest.mark.parametrize("size", [None, 3000])
def test_makes_a_damaged_set_again(videos, tmp_path, size):
    make(videos, tmp_path / "out")
    whole = contents(tmp_path / "out")
    shard = tmp_path / "out" / "train-000000.tar"
    shard.write_bytes(shard.read_bytes()[:size].replace(b"\x00\x01", b"\x01\x00"))
    assert not make(videos, tmp_path / "out").finished_before
    assert contents(tmp_path / "out") == whole


def test_goes_on_from_what_a_kill_while_writing_shards_left(videos, tmp_path):
    make(videos, tmp_path / "whole")
    shutil.copytree(tmp_path / "whole", tmp_path / "out")
    (tmp_path / "out" / "clipset.json").unlink()
    (tmp_path / "out" / ".work" / "v0.abc.tmp").mkdir(parents=True)
    (tmp_path / "out" / "train-000001.tar").write_bytes(b"of an earlier attempt with more clips")
    (tmp_path / "out" / ".train-000000.tar.x1.tmp").write_bytes(b"half")
    make(videos, tmp_path / "out")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


PREPARE = "from avbench.cli.prepare import app; app()"


@pytest.mark.parametrize(
    ("workers", "items_done"),
    [(1, 1), pytest.param(1, 0, marks=pytest.mark.slow), pytest.param(2, 2, marks=pytest.mark.slow)],
)
def test_gives_the_same_bytes_after_kill_9(videos, tmp_path, workers, items_done):
    options = ["--name", "set", "--clip-seconds", "2", "--workers", str(workers), "--max-failures", "1"]
    command = [sys.executable, "-c", PREPARE, "folder", str(videos), *options, "--out"]
    out, whole = tmp_path / "out", tmp_path / "whole"
    process = subprocess.Popen([*command, str(out)], stderr=subprocess.DEVNULL)
    while len([path for path in out.glob(".work/*") if path.suffix != ".tmp"]) < items_done or not out.exists():
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (out / "clipset.json").exists()
    subprocess.run([*command, str(out)], check=True, stderr=subprocess.DEVNULL)
    subprocess.run([*command, str(whole)], check=True, stderr=subprocess.DEVNULL)
    assert contents(out) == contents(whole)


def test_refuses_a_set_of_failures(tmp_path, clips):
    (tmp_path / "videos").mkdir()
    data = (clips / "vgg_a.mp4").read_bytes()
    (tmp_path / "videos" / "a.mp4").write_bytes(
        data[: len(data) // 4] + bytes(len(data) // 2) + data[-len(data) // 4 :]
    )
    with pytest.raises(DataError, match=r"none of its 1 items gave a clip \(1 corrupt\); the first: .*a\.mp4"):
        make(tmp_path / "videos", tmp_path / "out")
    assert not (tmp_path / "out" / "clipset.json").exists()


def test_complains_when_more_fails_than_is_allowed(videos, tmp_path):
    prepared = make(videos, tmp_path / "out")
    prepared.check(0.2)
    with pytest.raises(TooManyFailuresError, match="1 of 5 items failed"):
        prepared.check(0.1)


def test_never_writes_among_the_users_videos(videos):
    with pytest.raises(UsageError, match="among your own files"):
        make(videos, videos / "data" / "set")
    assert not (videos / "data").exists()


def test_does_not_touch_a_folder_that_holds_something_else(videos, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").touch()
    with pytest.raises(UsageError, match="not empty and holds no clip set"):
        make(videos, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("out", ["file", "file/set"])
def test_says_that_a_file_stands_where_the_set_should_go(videos, tmp_path, out):
    (tmp_path / "file").touch()
    with pytest.raises(MachineError, match="a file stands where a folder is needed"):
        make(videos, tmp_path / out)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_says_that_the_output_cannot_be_written(videos, tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(MachineError, match="cannot be written"):
        make(videos, tmp_path / "closed" / "set")


def test_says_that_another_process_is_at_it(videos, tmp_path):
    with lock(tmp_path / "out"), pytest.raises(MachineError, match="another avbench command is writing there"):
        make(videos, tmp_path / "out")


def test_goes_on_when_the_full_disk_has_room_again(videos, tmp_path, monkeypatch):
    write = Path.write_bytes

    def until_full(path, data):
        if path.suffix == ".flac" and "v2" in path.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, data)

    with monkeypatch.context() as patch, pytest.raises(MachineError, match="the disk is full"):
        patch.setattr(Path, "write_bytes", until_full)
        make(videos, tmp_path / "out")
    make(videos, tmp_path / "out")
    make(videos, tmp_path / "whole")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_records_settings_and_versions_but_no_times(videos, tmp_path):
    make(videos, tmp_path / "out")
    made = json.loads((tmp_path / "out" / "clipset.json").read_text())["made"]
    assert made["settings"]["clip_seconds"] == "2" and made["versions"]["avbench"]
    assert made["dropped"] == {"tails": 3, "tail_seconds": pytest.approx(1.3, abs=0.1), "damaged_clips": 0}


def test_takes_what_other_models_give(tmp_path, movie, soundtrack):
    movie(tmp_path / "videos" / "wide.mp4", seconds=8, fps=24, size=(288, 512), sound=False)
    soundtrack(tmp_path / "videos" / "wide.wav", seconds=8, sample_rate=44_100, channels=2)
    make(tmp_path / "videos", tmp_path / "out", storage=Storage(clip_seconds=Fraction(8, 5)))
    clipset = open_clipset(tmp_path / "out")
    record = clipset.records[4]
    assert len(clipset) == 5 and (record.width, record.height) == (454, 256)
    assert (record.duration, record.frames, record.source_fps, record.channels) == (Fraction(8, 5), 16, 24, 2)
    assert clipset.clip(4, spec=ClipSpec()).audio.shape == (2, 25_600)


def test_prepares_the_embedded_data_set_with_its_truth(tmp_path):
    prepare(synthetic(2), tmp_path / "out", name="s", storage=Storage(clip_seconds=None), workers=1)
    clipset = open_clipset(tmp_path / "out")
    impact = clipset.records[0].meta["impacts"][0]
    assert len(clipset) == 2 and clipset.records[0].label
    assert 0 <= impact["time"] < clipset.records[0].duration
