"""A folder of clips in the making: killed, taken up again, extended, and never mixed with other things."""

import pytest

from avbench.clipset import open_clipset
from avbench.clipset.made import MadeClip
from avbench.clipset.making import Making
from avbench.errors import DataError, MachineError, UsageError
from avbench.workspace import lock

SETTINGS = {"seed": 0, "network": {"step": 6}}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "set"


def make(folder, movie, names, settings=SETTINGS, *, stop=False):
    """Makes the movies that are missing; `stop` ends it before the folder is declared whole."""
    making = Making(folder, "test", settings)
    with making.held(lambda: all((folder / name).exists() for name in names)) as todo:
        for name in names:
            if not (folder / name).exists():
                movie(folder / name)
        if stop:
            raise KeyboardInterrupt
        if todo:
            making.finish([MadeClip(file=name) for name in names], name="mine", fit="crop")
    return todo


def test_becomes_a_clip_set_when_it_is_whole(folder, movie):
    assert make(folder, movie, ["a.mkv", "b.mkv"])
    clipset = open_clipset(folder)
    assert (clipset.name, clipset.fit, len(clipset)) == ("mine", "crop", 2)
    assert clipset.manifest.made["settings"] == SETTINGS
    assert {path.name for path in folder.glob(".*")} == {".lock"}


def test_is_no_clip_set_before(folder, movie):
    with pytest.raises(KeyboardInterrupt):
        make(folder, movie, ["a.mkv", "b.mkv"], stop=True)
    with pytest.raises(DataError, match="making the clip set was interrupted"):
        open_clipset(folder)
    (folder / ".b.mkv.xyz.tmp").write_text("what a killed process was writing")
    assert make(folder, movie, ["a.mkv", "b.mkv"])
    assert len(open_clipset(folder)) == 2 and not (folder / ".b.mkv.xyz.tmp").exists()


def test_has_nothing_to_do_when_it_is_whole(folder, movie):
    make(folder, movie, ["a.mkv"])
    before = (folder / "clipset.json").stat().st_mtime_ns
    assert not make(folder, movie, ["a.mkv"])
    assert (folder / "clipset.json").stat().st_mtime_ns == before


def test_grows(folder, movie):
    make(folder, movie, ["a.mkv"])
    with pytest.raises(KeyboardInterrupt):
        make(folder, movie, ["a.mkv", "b.mkv"], stop=True)
    with pytest.raises(DataError, match="interrupted"):
        open_clipset(folder)
    make(folder, movie, ["a.mkv", "b.mkv"])
    assert len(open_clipset(folder)) == 2


@pytest.mark.parametrize("stop", [False, True])
def test_refuses_other_settings_and_names_what_differs(folder, movie, stop):
    with pytest.raises(KeyboardInterrupt):
        make(folder, movie, ["a.mkv"], stop=True)
    if not stop:
        make(folder, movie, ["a.mkv"])
    other = {"seed": 1, "network": {"step": 8}, "guidance": "gradient"}
    message = r"other settings \(seed: 0 -> 1; network\.step: 6 -> 8; guidance: none -> gradient\); choose another"
    with pytest.raises(UsageError, match=message):
        make(folder, movie, ["a.mkv"], other)


@pytest.mark.parametrize("name", ["holiday.mp4", "clipset.json", ".work/sources.csv"])
def test_leaves_alone_what_it_did_not_make(folder, movie, name):
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text('{"schema_version": 1, "kind": "folder", "clips": [], "name": "", "made": {}}')
    with pytest.raises((UsageError, DataError), match="avbench did not make it|not the manifest"):
        make(folder, movie, ["a.mkv"])
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [name.rpartition("/")[2]]


def test_refuses_a_file_in_its_place(folder, movie):
    folder.write_text("in the way")
    with pytest.raises(MachineError, match="a file stands where a folder is needed"):
        make(folder, movie, ["a.mkv"])


def test_is_made_by_one_process_at_a_time(folder, movie):
    with lock(folder), pytest.raises(MachineError, match="another avbench command is writing there"):
        make(folder, movie, ["a.mkv"])


def test_is_gone_when_nothing_was_made(folder, movie):
    with pytest.raises(KeyboardInterrupt):
        make(folder, movie, [], stop=True)
    assert not folder.exists()
