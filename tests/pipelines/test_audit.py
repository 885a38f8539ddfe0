import json
import shutil
from dataclasses import replace
from fractions import Fraction

import ffmpeg
import pandas as pd
import pytest
from bad_media import make_good, run

from avbench.clipset import open_clipset
from avbench.errors import DataError
from pipelines.audit import audit
from pipelines.folder import folder
from pipelines.prepare import prepare
from pipelines.storage import Storage


@pytest.fixture(scope="module")
def found(tmp_path_factory, clips):
    """The audit of a set with a test clip that is a training clip under another name: shifted, scaled, re-encoded."""
    tmp_path = tmp_path_factory.mktemp("leaking")
    (tmp_path / "train").mkdir()
    (tmp_path / "test").mkdir()
    for name in ("dog_a.mp4", "drum_a.mp4"):
        shutil.copy(clips / name, tmp_path / "train" / name)
    again = ffmpeg.input(str(clips / "dog_a.mp4"), ss=0.2)
    options = {"vf": "scale=-2:120", "vcodec": "libx264", "crf": 30, "acodec": "libmp3lame", "audio_bitrate": "64k"}
    run(again.output(str(tmp_path / "test" / "hund.mp4"), **options))
    make_good(tmp_path / "test" / "other.mp4")
    return audit(open_clipset(tmp_path), workers=1)


def test_finds_a_test_clip_in_training_by_picture_and_by_sound(found):
    assert {(leak.kind, leak.first[:5], leak.second[:5]) for leak in found.leaks} == {
        ("picture", "dog_a", "hund-"),
        ("sound", "dog_a", "hund-"),
    }


def test_strict_refuses_and_names_the_first(found):
    with pytest.raises(DataError, match=r"0 pairs of clips share a source, 1 look alike, 1 sound alike; .*dog_a.*hund"):
        found.check("leaking")


def test_strict_minds_no_likeness_in_a_set_that_takes_what_looks_alike(found):
    dances = replace(found, alike=True)
    with pytest.raises(DataError, match="1 look alike, 1 sound alike"):
        dances.check("dances")
    replace(dances, leaks=tuple(leak for leak in found.leaks if leak.kind == "picture")).check("dances")


def test_knows_a_set_that_takes_what_looks_alike_by_its_rules(tmp_path, movie):
    movie(tmp_path / "videos" / "a.mp4")
    movie(tmp_path / "videos" / "b.mp4", size=(64, 64))
    shares = {"train": Fraction(1, 2), "test": Fraction(1, 2)}
    prepare(
        folder(tmp_path / "videos", split=shares),
        tmp_path / "set",
        name="set",
        storage=Storage(clip_seconds=2),
        workers=1,
    )
    assert not audit(open_clipset(tmp_path / "set")).alike
    manifest = tmp_path / "set" / "clipset.json"
    content = json.loads(manifest.read_text())
    content["made"]["screening"] = {"copies": True}
    manifest.write_text(json.dumps(content))
    assert audit(open_clipset(tmp_path / "set")).alike


def test_lists_the_leaks_as_csv(found, tmp_path):
    found.write(tmp_path / "audit.csv")
    table = pd.read_csv(tmp_path / "audit.csv")
    assert table["kind"].tolist() == ["picture", "sound"]
    assert set(table["first_split"]) == {"train"} and set(table["second_split"]) == {"test"}


def test_lists_sources_that_lie_in_two_splits(tmp_path, movie, monkeypatch):
    movie(tmp_path / "videos" / "long.mp4", seconds=4)
    prepare(folder(tmp_path / "videos"), tmp_path / "set", name="set", storage=Storage(clip_seconds=2), workers=1)
    table = pd.read_parquet(tmp_path / "set" / "clips.parquet")
    table.loc[1, "split"] = "test"
    table.to_parquet(tmp_path / "set" / "clips.parquet", index=False)
    found = audit(open_clipset(tmp_path / "set"))
    assert [(leak.source, leak.first_split, leak.second_split) for leak in found.leaks if leak.kind == "source"] == [
        ("long.mp4", "train", "test")
    ]


def test_a_single_split_has_nothing_to_leak(tmp_path, movie):
    movie(tmp_path / "train" / "a.mp4")
    found = audit(open_clipset(tmp_path))
    assert found.leaks == () and found.splits == ("train",)
    found.check("set")
