import dataclasses
import json
from fractions import Fraction

import pandas as pd
import pytest
from published import publishing

from avbench.clipset import open_clipset
from avbench.errors import DataError, MissingError, UsageError
from pipelines.copies import match_copy
from pipelines.engine import LocalEngine
from pipelines.landscape import landscape, landscape_copy
from pipelines.screen import ScreenConfig
from pipelines.storage import Storage
from pipelines.web.download.queue import Patience
from pipelines.web.fetch import FetchOptions
from pipelines.web.ledger import LEDGER, Ledger
from pipelines.web.lists import ListFile
from pipelines.web.prepare import prepare_listing

SECONDS = Storage(clip_seconds=Fraction(1))
QUICK = FetchOptions(patience=Patience(between=0, attempts=1, first_pause=0))
MILD = ScreenConfig(max_silence=None, max_freeze=None, max_black=None, min_seconds=None, copies=True)


@pytest.fixture(scope="module")
def engine():
    with LocalEngine(1) as engine:
        yield engine


@pytest.fixture
def site(tmp_path, movie):
    """Three films of 2 s on a server."""
    for number in range(3):
        movie(tmp_path / "site" / f"film{number}.mp4", seconds=2 + number / 10)
    with publishing(tmp_path / "site") as site:
        site.folder = tmp_path / "site"
        yield site


def listing(site, *names, **options):
    rows = "".join(f"{site.url}/{name},raining\n" for name in names)
    return landscape(ListFile("list.csv", f"url,class\n{rows}".encode()), **options)


def make(listing, out, engine, *, fetching=QUICK, screening=MILD, storage=SECONDS, **options):
    return prepare_listing(
        listing, out, name="set", storage=storage, engine=engine, fetching=fetching, screening=screening, **options
    )


def contents(path):
    kept = {path.name for path in path.iterdir() if path.suffix in (".tar", ".json", ".csv")}
    return {name: (path / name).read_bytes() for name in sorted(kept | {"clips.parquet", "index.parquet"})}


def test_makes_a_set_of_what_a_list_names(site, tmp_path, engine):
    prepared = make(listing(site, "film0.mp4", "film1.mp4", "gone.mp4"), tmp_path / "out", engine)
    assert (prepared.items, prepared.clips) == (3, 4)
    (failure,) = prepared.failures
    assert (failure.stage, failure.reason) == ("download", "removed")
    made = json.loads((tmp_path / "out" / "clipset.json").read_text())["made"]
    assert made["terms"]["url"] and made["screening"]["min_seconds"] is None and made["list"]["items"] == 3
    statistics = pd.read_csv(tmp_path / "out" / "dataset_statistics.csv").set_index("figure")
    assert statistics.loc["sources", "ours"] == 2 and statistics.loc["sources", "paper"] == 928
    with Ledger(tmp_path / "out" / LEDGER) as ledger:
        assert [(row.stage, row.state) for row in ledger.rows()] == [
            ("encode", "done"),
            ("encode", "done"),
            ("download", "failed"),
        ]


def test_does_nothing_when_the_set_is_finished(site, tmp_path, engine):
    make(listing(site, "film0.mp4"), tmp_path / "out", engine)
    before = contents(tmp_path / "out")
    asked = len(site.asked)
    assert make(listing(site, "film0.mp4"), tmp_path / "out", engine).finished_before
    assert contents(tmp_path / "out") == before and len(site.asked) == asked


def test_adds_what_failed_before_without_fetching_the_rest_again(site, tmp_path, movie, engine):
    movie(tmp_path / "late.mp4", seconds=1.5)
    films = listing(site, "film0.mp4", "film1.mp4", "late.mp4", "gone.mp4")
    make(films, tmp_path / "out", engine)
    (tmp_path / "late.mp4").rename(site.folder / "late.mp4")
    site.asked.clear()
    again = make(films, tmp_path / "out", engine, fetching=dataclasses.replace(QUICK, retry_failed="removed"))
    assert [failure.reason for failure in again.failures] == ["removed"] and again.clips == 5
    assert sorted(set(site.asked)) == ["/gone.mp4", "/late.mp4"]
    make(films, tmp_path / "fresh", engine)
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


def test_follows_a_list_that_changed(site, tmp_path, engine, caplog):
    make(listing(site, "film0.mp4", "film1.mp4"), tmp_path / "out", engine)
    changed = listing(site, "film1.mp4", "film2.mp4")
    make(changed, tmp_path / "out", engine)
    assert "the list changed since the last time: 1 added (film2-" in caplog.text
    make(changed, tmp_path / "fresh", engine)
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


def test_fetches_again_what_is_called_otherwise_now(site, tmp_path, engine):
    make(listing(site, "film0.mp4"), tmp_path / "out", engine)
    films = listing(site, "film0.mp4")
    renamed = dataclasses.replace(films, items=(dataclasses.replace(films.items[0], label="thunder"),))
    make(renamed, tmp_path / "out", engine)
    assert {record.label for record in open_clipset(tmp_path / "out").records} == {"thunder"}


def test_refuses_other_settings_before_it_fetches(site, tmp_path, engine):
    make(listing(site, "film0.mp4"), tmp_path / "out", engine)
    asked = len(site.asked)
    with pytest.raises(UsageError, match="made with other settings .fps 10 there, native here"):
        make(listing(site, "film1.mp4"), tmp_path / "out", engine, storage=dataclasses.replace(SECONDS, fps=None))
    assert len(site.asked) == asked


def test_refuses_to_mix_clips_of_two_versions(site, tmp_path, engine):
    make(listing(site, "film0.mp4"), tmp_path / "out", engine)
    manifest = tmp_path / "out" / "clipset.json"
    text = manifest.read_text()
    manifest.write_text(text.replace('"versions": {\n      "avbench": "', '"versions": {\n      "avbench": "0.0.'))
    with pytest.raises(UsageError, match=r"made by other versions \(avbench 0\.0\."):
        make(listing(site, "film0.mp4", "film1.mp4"), tmp_path / "out", engine)
    assert manifest.exists()


def test_keeps_what_is_there_when_the_network_goes(site, tmp_path, engine):
    films = listing(site, "film0.mp4", "film1.mp4")
    impatient = dataclasses.replace(QUICK, patience=Patience(between=0, attempts=1, first_pause=0, unreachable=1))
    nowhere = dataclasses.replace(films.items[1], url="http://127.0.0.1:9/film1.mp4")
    broken = dataclasses.replace(films, items=(films.items[0], nowhere))
    with pytest.raises(MissingError, match="1 of 2 items are there"):
        make(broken, tmp_path / "out", engine, fetching=impatient)
    make(films, tmp_path / "out", engine)
    assert site.asked.count("/film0.mp4") == 1


def test_refuses_other_rules_for_a_finished_set(site, tmp_path, engine):
    make(listing(site, "film0.mp4"), tmp_path / "out", engine)
    strict = dataclasses.replace(MILD, max_silence=0.1)
    with pytest.raises(UsageError, match="screened by other rules .max_silence None there, 0.1 here"):
        make(listing(site, "film0.mp4"), tmp_path / "out", engine, screening=strict)


def test_discards_each_download_when_its_clips_are_made(site, tmp_path, engine):
    films = listing(site, "film0.mp4", "film1.mp4", "film2.mp4")
    lying = {}  # downloads, when a stage last told how far it is
    frugal = dataclasses.replace(QUICK, discard=True)
    out = tmp_path / "out"

    def count(stage, done, total):
        lying[stage] = len(list(out.glob(".work/.downloads/*.mp4")))

    make(films, out, engine, fetching=frugal, progress=count)
    assert lying["writing shards"] == 0
    make(films, tmp_path / "all", engine)
    assert contents(out) == contents(tmp_path / "all")


def test_goes_on_without_the_downloads_that_it_discarded(site, tmp_path, engine):
    films = listing(site, "film0.mp4", "film1.mp4")
    frugal = dataclasses.replace(QUICK, discard=True, patience=dataclasses.replace(QUICK.patience, unreachable=1))
    nowhere = dataclasses.replace(films.items[1], url="http://127.0.0.1:9/film1.mp4")
    broken = dataclasses.replace(films, items=(films.items[0], nowhere))
    with pytest.raises(MissingError, match="1 of 2 items are there"):
        make(broken, tmp_path / "out", engine, fetching=frugal)
    make(films, tmp_path / "out", engine, fetching=frugal)
    assert site.asked.count("/film0.mp4") == 1


def test_takes_a_processed_copy_and_counts_what_has_no_sound(tmp_path, movie, engine):
    movie(tmp_path / "copy" / "train" / "raining" / "a.mp4")
    movie(tmp_path / "copy" / "train" / "raining" / "b.mp4", sound=False)
    movie(tmp_path / "copy" / "train" / "snowing" / "c.mp4")
    copy = landscape_copy(tmp_path / "copy")
    prepared = make(copy.listing, tmp_path / "out", engine, copy=copy)
    assert (prepared.items, prepared.clips) == (3, 2)
    assert {failure.item.split("-")[0]: failure.reason for failure in prepared.failures} == {
        "b": "no_audio",
        "train/snowing/c.mp4": "unknown_class",
    }
    assert make(copy.listing, tmp_path / "out", engine, copy=copy).finished_before
    with pytest.raises(UsageError, match="among your own files"):
        make(copy.listing, tmp_path / "copy" / "out", engine, copy=copy)


def test_takes_from_a_folder_what_the_list_names(site, tmp_path, engine):
    films = listing(site, "film0.mp4", "gone.mp4")
    copy = match_copy(films, site.folder)
    prepared = make(copy.listing, tmp_path / "out", engine, copy=copy)
    assert [failure.reason for failure in prepared.failures] == ["not_in_folder"] and prepared.clips == 2
    assert site.asked == [] and open_clipset(tmp_path / "out").records[0].meta["url"] == films.items[0].url


def test_says_that_no_item_gave_a_clip(site, tmp_path, engine):
    with pytest.raises(DataError, match=r"none of its 1 items gave a clip \(1 removed\)"):
        make(listing(site, "gone.mp4"), tmp_path / "out", engine)
