import errno
import hashlib
import json
import tarfile

import pandas as pd
import pytest
import webdataset

from avbench.clipset.write import ShardWriter
from avbench.errors import MachineError


def finish(writer, *, items, failures=()):
    writer.finish(name="n", items=items, failures=failures, fit="native", channel="native", made={})


def contents(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


# webdataset leaves the closing of its files to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_writes_shards_that_plain_webdataset_reads(shards):
    samples = list(webdataset.WebDataset(str(shards / "train-000000.tar"), shardshuffle=False))
    assert [sample["__key__"] for sample in samples] == ["a", "b", "c"]
    assert json.loads(samples[1]["json"]) == {"key": "b"}
    assert {"mp4", "flac", "json"} <= samples[0].keys()


def test_lists_each_clip_in_a_table(shards):
    table = pd.read_parquet(shards / "clips.parquet")
    assert list(table["key"]) == ["t", "a", "b", "c"]
    assert list(table["shard"]) == ["test-000000.tar"] + ["train-000000.tar"] * 3
    assert table["frames"].sum() == 64 and set(table["end"] - table["start"]) == {1.6}


def test_indexes_the_bytes_of_each_member(shards):
    index = pd.read_parquet(shards / "index.parquet")
    row = index[(index["key"] == "b") & (index["member"] == "flac")].iloc[0]
    with tarfile.open(shards / row["shard"]) as tar:
        member = tar.getmember("b.flac")
        assert (member.offset_data, member.size) == (row["offset"], row["size"])


def test_begins_a_new_shard_when_one_is_full(tmp_path, stored):
    clips = [stored(key) for key in "abcd"]
    room = 2 * sum(len(data) + 1024 for data in clips[0].members.values())
    with ShardWriter(tmp_path, shard_bytes=room) as writer:
        for clip in clips:
            writer.add(clip)
        finish(writer, items=4)
    shards = json.loads((tmp_path / "clipset.json").read_text())["splits"]["train"]
    assert [(shard["file"], shard["clips"]) for shard in shards] == [("train-000000.tar", 2), ("train-000001.tar", 2)]
    assert all(shard["bytes"] == (tmp_path / shard["file"]).stat().st_size for shard in shards)


def test_writes_the_same_bytes_twice(tmp_path, stored):
    for name in ("one", "two"):
        with ShardWriter(tmp_path / name) as writer:
            writer.add(stored("a"))
            finish(writer, items=1)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_does_not_finish_a_set_in_which_an_item_is_lost(tmp_path, stored):
    with ShardWriter(tmp_path) as writer:
        writer.add(stored("a"))
        with pytest.raises(AssertionError, match="2 items, 1 used, 0 failed"):
            finish(writer, items=2)
    assert not (tmp_path / "clipset.json").exists()


def test_refuses_clips_that_are_out_of_order(tmp_path, stored):
    with ShardWriter(tmp_path) as writer:
        writer.add(stored("b"))
        with pytest.raises(AssertionError, match="a comes after b"):
            writer.add(stored("a"))


def test_leaves_no_shard_behind_when_the_disk_is_full(tmp_path, stored, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(MachineError, match="the disk is full"), ShardWriter(tmp_path) as writer:
        writer.add(stored("a"))
        monkeypatch.setattr("webdataset.TarWriter.write", full)
        writer.add(stored("b"))
    assert contents(tmp_path) == {}
