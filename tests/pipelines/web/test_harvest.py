from fractions import Fraction

import numpy as np
import pytest

from avbench.clipset import open_clipset
from avbench.clipset.records import Failure
from avbench.errors import DataError
from pipelines.prepare import prepare
from pipelines.storage import Storage
from pipelines.web.harvest import harvest_files
from pipelines.web.item import Listing, Terms, WebItem

TERMS = Terms(name="t", url="u", text="t", must_accept=False)
SECONDS = Storage(clip_seconds=Fraction(1))


def stretch(key, start=None, end=None, **options):
    times = {"start": None if start is None else Fraction(start), "end": None if end is None else Fraction(end)}
    return WebItem(key=key, url="http://h/a.mp4", via="http", video="a", split="train", **times, **options)


def listing(*items, **options):
    return Listing(source="landscape", origin="list.csv", sha256="0", items=items, terms=TERMS, **options)


def grey(recording, *times):
    return [int(frame.mean()) for frame in recording.frames([Fraction(time) for time in times])]


def test_opens_the_stretch_that_the_list_names(tmp_path, movie):
    file = movie(tmp_path / "a.mp4", seconds=4)
    (item,) = harvest_files(listing(stretch("a-1", 1, 3)), {"a-1": file}, ()).items
    with item.open() as recording:
        assert (recording.stretch.duration, recording.offset) == (2, 1)
        assert grey(recording, 0, "1/2") == pytest.approx([50, 75], abs=2)  # lighter by 5 each tenth of a second
        click = recording.sound(Fraction(0), 44_100, 44_100)
    assert np.abs(click[:, :800]).max() > 0.1 > np.abs(click[:, 2000:40_000]).max()


def test_ends_where_the_file_does(tmp_path, movie):
    file = movie(tmp_path / "a.mp4", seconds=2)
    (item,) = harvest_files(listing(stretch("a", 1, 11)), {"a": file}, ()).items
    with item.open() as recording:
        assert recording.stretch.duration == 1


def test_says_that_the_file_ends_before_the_stretch(tmp_path, movie):
    file = movie(tmp_path / "a.mp4", seconds=2)
    (item,) = harvest_files(listing(stretch("a", 30, 40)), {"a": file}, ()).items
    with (
        pytest.raises(DataError, match=r"it lasts 2.00 s; .* begins at 30.00 s, is not in the file") as caught,
        item.open(),
    ):
        pass
    assert Failure.of("a", "encode", caught.value).reason == "too_short"


def test_keeps_the_middle_of_the_picture(tmp_path, movie):
    file = movie(tmp_path / "a.mp4", seconds=1, size=(54, 96))
    (item,) = harvest_files(listing(stretch("a"), crop=32), {"a": file}, ()).items
    with item.open() as recording:
        assert (recording.info.video.width, recording.info.video.height) == (32, 32)
        assert next(recording.frames([Fraction(0)])).shape == (32, 32, 3)


def test_keeps_all_of_a_square(tmp_path, movie):
    file = movie(tmp_path / "a.mp4", seconds=1, size=(64, 64))
    (item,) = harvest_files(listing(stretch("a"), crop=32), {"a": file}, ()).items
    with item.open() as recording:
        assert next(recording.frames([Fraction(0)])).shape == (64, 64, 3)


def test_tells_where_a_clip_is_from(tmp_path, movie):
    file = movie(tmp_path / "a.mp4", seconds=4)
    items = stretch("a-0", 0, 1, label="rain"), stretch("a-2", 2, 4, meta={"mids": ["/m/1"]})
    found = harvest_files(listing(*items, seed=7), {item.key: file for item in items}, (), provenance={"screen": {}})
    prepared = prepare(found, tmp_path / "out", name="set", storage=SECONDS, workers=1)
    clipset = open_clipset(tmp_path / "out")
    records = {record.key: record for record in clipset.records}
    assert prepared.items == 2 and list(records) == ["a-0_00000000", "a-2_00000000", "a-2_00001000"]
    assert {record.source for record in records.values()} == {"a"} and records["a-0_00000000"].label == "rain"
    assert (
        records["a-2_00001000"].meta["url"] == "http://h/a.mp4"
        and len(records["a-2_00001000"].meta["source_sha256"]) == 64
    )
    made = clipset.manifest["made"]
    assert (made["seed"], made["terms"]["name"], made["list"]["items"], made["screen"]) == (7, "t", 2, {})


def test_recognizes_a_finished_set_when_the_downloads_are_gone(tmp_path, movie):
    file = movie(tmp_path / "a.mp4", seconds=1)
    failed = Failure("b", "download", "removed", "404")
    items = stretch("a", 0, 1), stretch("b", 5, 6)
    found = harvest_files(listing(*items), {"a": file}, [failed])
    prepare(found, tmp_path / "out", name="set", storage=SECONDS, workers=1)
    file.unlink()
    again = prepare(found, tmp_path / "out", name="set", storage=SECONDS, workers=1)
    assert again.finished_before and again.failures == (failed,)
