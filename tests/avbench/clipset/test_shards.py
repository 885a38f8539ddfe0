import io
import json
from fractions import Fraction

import numpy as np
import pytest

from avbench.clipset import Failure, open_clipset
from avbench.clipset.write import ShardWriter, StoredClip
from avbench.errors import DataError, UsageError
from avbench.media.probe import probe


def damage(file, *, at, count=64):
    data = bytearray(file.read_bytes())
    data[at : at + count] = bytes(byte ^ 0xFF for byte in data[at : at + count])
    file.write_bytes(data)


def test_gives_back_the_records_that_were_written(shards, stored):
    clipset = open_clipset(shards)
    assert clipset.records == (
        stored("t", split="test", shade=1).record,
        *(stored(key, shade=k).record for k, key in enumerate("abc", 2)),
    )
    assert clipset.failures == (Failure("bad, worse.mp4", "probe", "empty", 'it says "no"'),)
    assert (clipset.name, clipset.kind, clipset.fit, len(clipset)) == ("greys", "shards", "native", 4)


def test_reads_a_clip_by_number(shards):
    clip = open_clipset(shards).clip(2)
    assert clip.key == "b" and clip.label == "grey" and clip.meta["seed"] == 3
    assert clip.video.shape == (16, 64, 64, 3)
    assert abs(clip.video[:, 10:50].astype(int) - 60).max() <= 2
    assert clip.audio.shape == (1, 25_600) and np.abs(clip.audio).max() == pytest.approx(8000 / 32768, rel=0.01)


def test_reads_one_stream_alone(shards):
    clipset = open_clipset(shards)
    assert clipset.clip(2, audio=False).audio is None and clipset.clip(2, audio=False).video is not None
    np.testing.assert_array_equal(clipset.clip(2, video=False).audio, clipset.clip(2).audio)
    assert clipset.clip(2, video=False).video is None


def test_a_clip_that_is_read_again_is_not_probed_again_while_it_is_among_the_last(shards, monkeypatch):
    monkeypatch.setattr("avbench.clipset.shards._REMEMBERED", 2)
    probed = []
    monkeypatch.setattr("avbench.clipset.shards.probe", lambda member: probed.append(member) or probe(member))
    clipset = open_clipset(shards)
    first = clipset.clip(0)
    np.testing.assert_array_equal(clipset.clip(0).video, first.video)
    np.testing.assert_array_equal(clipset.clip(0).audio, first.audio)
    assert len(probed) == 2
    clipset.clip(1)
    assert len(probed) == 4
    np.testing.assert_array_equal(clipset.clip(0).video, first.video)
    assert len(probed) == 6


@pytest.mark.parametrize("member", ["mp4", "flac"])
def test_an_empty_member_is_damage_and_no_silence(tmp_path, stored, member):
    clip = stored("a")
    with ShardWriter(tmp_path / "empty") as writer:
        writer.add(StoredClip(clip.record, clip.members | {member: b""}, clip.start))
        writer.finish(name="empty", items=1, failures=[], fit="native", channel="native", made={})
    with pytest.raises(DataError):
        open_clipset(tmp_path / "empty").media(0)


def test_gives_small_frames_where_they_were_stored(tmp_path, shards, stored):
    assert open_clipset(shards).small_frames(0) is None
    frames, file = np.full((16, 64, 64, 3), 7, np.uint8), io.BytesIO()
    np.save(file, frames)
    clip = stored("a")
    with ShardWriter(tmp_path / "small") as writer:
        writer.add(StoredClip(clip.record, clip.members | {"v64.npy": file.getvalue()}, clip.start))
        writer.finish(name="small", items=1, failures=[], fit="native", channel="native", made={})
    np.testing.assert_array_equal(open_clipset(tmp_path / "small").small_frames(0), frames)


def test_gives_members_by_name(shards):
    clipset = open_clipset(shards)
    assert clipset.facts(0) == {"key": "t"}
    with pytest.raises(DataError, match=r"clip t has no v64\.npy, only flac, json, mp4"):
        clipset.member(0, "v64.npy")


# webdataset leaves the closing of its files to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_streams_a_split_as_webdataset(shards):
    clipset = open_clipset(shards)
    assert [sample["__key__"] for sample in clipset.as_webdataset("test")] == ["t"]
    assert [sample["__key__"] for sample in clipset.as_webdataset()] == ["t", "a", "b", "c"]


def test_says_which_splits_there_are(shards):
    with pytest.raises(UsageError, match='no split "val", only test, train'):
        open_clipset(shards).as_webdataset("val")


def test_refuses_a_clip_set_without_one_of_its_shards(shards):
    (shards / "train-000000.tar").unlink()
    with pytest.raises(DataError, match=r"train-000000\.tar: the shard is missing; .*made the set again"):
        open_clipset(shards)


def test_refuses_a_shard_that_is_half_written(shards):
    shard = shards / "train-000000.tar"
    shard.write_bytes(shard.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"train-000000\.tar: the shard has 5,000 bytes, .*made the set again"):
        open_clipset(shards)


def test_names_the_shard_in_which_a_clip_is_damaged(shards):
    place = open_clipset(shards)._members["b"]["mp4"].offset + 200
    damage(shards / "train-000000.tar", at=place)
    clipset = open_clipset(shards)
    assert clipset.clip(1).key == "a"
    with pytest.raises(DataError, match=r"train-000000\.tar: it is damaged where b\.mp4 lies .*made the set again"):
        clipset.clip(2)


@pytest.mark.parametrize("table", ["clips.parquet", "index.parquet", "failures.csv"])
def test_names_a_table_that_is_missing(shards, table):
    (shards / table).unlink()
    with pytest.raises(DataError, match=f"{table}: the table is missing or damaged; .*made the set again"):
        open_clipset(shards)


def test_names_a_table_that_is_damaged(shards):
    (shards / "clips.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(DataError, match=r"clips\.parquet: the table is missing or damaged"):
        open_clipset(shards)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_refuses_a_manifest_that_is_none(shards, text):
    (shards / "clipset.json").write_text(text)
    with pytest.raises(DataError, match=r"clipset\.json: it is not the manifest of a clip set"):
        open_clipset(shards)


def test_refuses_a_set_of_another_schema(shards):
    manifest = json.loads((shards / "clipset.json").read_text()) | {"schema_version": 99}
    (shards / "clipset.json").write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="schema 99, this avbench reads schema 1"):
        open_clipset(shards)


def test_says_that_an_interrupted_set_is_to_be_finished(shards):
    (shards / "clipset.json").unlink()
    with pytest.raises(DataError, match="making the clip set was interrupted"):
        open_clipset(shards)


def test_refuses_a_window_that_goes_beyond_the_clip(shards):
    with pytest.raises(DataError, match=r"clip a lasts 1\.60 s, the window asked for is from 0\.50 to 2\.10 s"):
        open_clipset(shards).clip(1, start=Fraction(1, 2))
