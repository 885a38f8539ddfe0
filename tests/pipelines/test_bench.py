import errno
from pathlib import Path

import pytest

from avbench.errors import MachineError
from pipelines.bench import make_item, read_item
from pipelines.folder import folder
from pipelines.storage import Storage


@pytest.fixture
def item(tmp_path, movie):
    movie(tmp_path / "videos" / "a.mp4", seconds=4)
    return folder(tmp_path / "videos").items[0]


@pytest.fixture
def bench(tmp_path):
    (tmp_path / "bench").mkdir()
    return tmp_path / "bench"


STORAGE = Storage(clip_seconds=Storage().clip_seconds / 5)  # 2 s


def test_finds_a_finished_item_again(item, bench):
    make_item(item, STORAGE, bench)
    result = read_item(item, STORAGE, bench)
    assert [clip.record.key[-8:] for clip in result.clips] == ["00000000", "00002000"]
    assert result.clips[1].load().members.keys() == {"mp4", "flac", "json"}
    assert result.failure is None


def test_knows_nothing_of_an_item_that_was_not_made(item, bench):
    assert read_item(item, STORAGE, bench) is None


def test_makes_an_item_again_for_other_settings(item, bench):
    make_item(item, STORAGE, bench)
    assert read_item(item, Storage(), bench) is None
    make_item(item, Storage(), bench)
    assert len(read_item(item, Storage(), bench).clips) == 1


def test_keeps_the_first_of_two_equal_results(item, bench):
    make_item(item, STORAGE, bench)
    make_item(item, STORAGE, bench)
    assert [path.name for path in bench.iterdir()] == [item.key]


def test_leaves_a_failure_when_an_item_cannot_be_decoded(clips, tmp_path, bench):
    (tmp_path / "videos").mkdir()
    data = bytearray((clips / "vgg_a.mp4").read_bytes())
    data[len(data) // 4 : 3 * len(data) // 4] = bytes(len(data) // 2)
    (tmp_path / "videos" / "rot.mp4").write_bytes(data)
    (item,) = folder(tmp_path / "videos").items
    make_item(item, Storage(), bench)
    result = read_item(item, Storage(), bench)
    assert result.clips == () and result.failure.item == "rot.mp4"
    assert (result.failure.stage, result.failure.reason) == ("encode", "corrupt")


def test_keeps_the_clips_that_a_damaged_place_spares(clips, tmp_path, bench):
    (tmp_path / "videos").mkdir()
    data = bytearray((clips / "generated_landscape.mp4").read_bytes())
    data[-400_000:-200_000] = bytes(200_000)
    (tmp_path / "videos" / "rot.mp4").write_bytes(data)
    (item,) = folder(tmp_path / "videos").items
    make_item(item, Storage(), bench)
    result = read_item(item, Storage(), bench)
    assert result.failure is None and len(result.clips) >= 2 and result.damaged >= 1
    assert len(result.clips) + result.damaged == 8


def test_says_that_the_disk_is_full(item, bench, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(MachineError, match="the disk is full: free some space, then give the same command again"):
        make_item(item, STORAGE, bench)
    assert read_item(item, STORAGE, bench) is None
