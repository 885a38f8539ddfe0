"""Folders that avbench made: opened as folders of videos, with what their manifest knows."""

import json

import pytest

from avbench.clipset import open_clipset
from avbench.clipset.made import MadeClip, MadeFolder
from avbench.errors import DataError

META = {"prompt": "a “dog”", "condition_key": "kitchen_00001600", "model": "toy", "seed": 3, "steps": 20}


@pytest.fixture
def made(tmp_path, movie):
    """A folder with three movies, two of them in its manifest."""
    for name in ("sample-1", "sample-0", "unfinished"):
        movie(tmp_path / f"{name}.mkv")
    clips = (
        MadeClip(file="sample-1.mkv", label="bark", meta=META),
        MadeClip(file="sample-0.mkv", source="origin.mp4"),
    )
    MadeFolder(name="mine", clips=clips, fit="crop", channel="left", made={"command": "test"}).write(tmp_path)
    return tmp_path


def test_opens_with_what_the_manifest_says_of_each_clip(made):
    clipset = open_clipset(made)
    assert (clipset.kind, clipset.name, clipset.fit, clipset.channel) == ("folder", "mine", "crop", "left")
    first, second = clipset.records
    assert (first.key, first.source, first.label, first.meta) == ("sample-0", "origin.mp4", "", {})
    assert (second.key, second.source, second.label, second.meta) == ("sample-1", "sample-1.mkv", "bark", META)
    assert clipset.clip(1).meta == META


def test_leaves_out_files_that_the_manifest_does_not_name(made):
    assert "unfinished.mkv" not in {record.source for record in open_clipset(made).records}


def test_tells_how_it_was_made(made):
    assert MadeFolder.read(made).made == {"command": "test"}


def test_is_no_made_folder_without_a_manifest(made):
    (made / "clipset.json").unlink()
    assert MadeFolder.read(made) is None
    assert len(open_clipset(made)) == 3


def test_misses_a_file_that_the_manifest_names(made):
    (made / "sample-1.mkv").unlink()
    with pytest.raises(DataError, match=rf"{made}: sample-1\.mkv is missing; .*command that made the set"):
        open_clipset(made)


def test_refuses_a_manifest_with_holes(made):
    manifest = json.loads((made / "clipset.json").read_text())
    del manifest["fit"]
    (made / "clipset.json").write_text(json.dumps(manifest))
    with pytest.raises(DataError, match=r"clipset\.json: it is not the manifest of a folder of videos"):
        open_clipset(made)


def test_is_not_whole_while_it_is_made(made):
    (made / "clipset.json").unlink()
    (made / ".work").mkdir()
    with pytest.raises(DataError, match=r"no clipset\.json, so making the clip set was interrupted"):
        open_clipset(made)
