import json
from types import SimpleNamespace

import pandas as pd
import pytest
from here import HereEngine
from published import publishing
from tiny import make_movies

from avbench.errors import MissingError
from avbench.weights import download

MILD = ("--screen", "copies=true", "--fetch", "patience.between=0", "--max-failures", "1", "--clip-seconds", "whole")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No time to start processes, or between attempts."""
    monkeypatch.setattr("pipelines.engine.LocalEngine", lambda workers: HereEngine())
    monkeypatch.setattr(download, "_FIRST_PAUSE", 0.0)


@pytest.fixture
def site(tmp_path):
    """A server with three films and a list of them, of one that is gone, and with a bad row."""
    folder = make_movies(tmp_path / "site", 3, seconds=1.2)
    with publishing(folder) as site:
        names = ("clip000.mp4,raining", "clip001.mp4,thunder", "nothing", "clip002.mp4,volcano", "gone.mp4,raining")
        rows = [f"{site.url}/{name}" if "," in name else name for name in names]
        (folder / "list.csv").write_text("\n".join(["url,class", *rows]))
        yield SimpleNamespace(folder=folder, list=f"{site.url}/list.csv", url=site.url, asked=site.asked)


def test_prepares_landscape_from_a_list(avbench, site, tmp_path):
    code, said, told = avbench("prepare", "landscape", "--list", site.list, *MILD, "--split", "train=1")
    assert code == 0
    assert "data/landscape" in said and "3 (train 3)" in said and "1 (removed 1)" in said
    assert "3 of 928 (0.3%)" in said and "3 of 1,000 (0.3%)" in said
    assert 'line 4: "nothing" is neither a URL nor an 11-character YouTube id' in told
    assert "YouTube's terms of service" in told
    made = json.loads((tmp_path / "data" / "landscape" / "clipset.json").read_text())["made"]
    assert made["list"]["rejected"][0]["line"] == 4 and "terms of service" in made["terms"]["text"]
    statistics = pd.read_csv(tmp_path / "data" / "landscape" / "dataset_statistics.csv").set_index("figure")
    assert statistics.loc["clips", "ours"] == 3 and statistics.loc["clips", "paper"] == 1000


def test_tells_what_it_would_do_and_does_nothing(avbench, site, tmp_path):
    code, said, _ = avbench("prepare", "landscape", "--list", site.list, "--dry-run", "--limit", "2")
    assert code == 0 and "videos to download 2" in " ".join(said.split())
    assert site.asked == ["/list.csv"] and not (tmp_path / "data").exists()


def test_says_what_the_terms_are_only_before_the_first_download(avbench, site):
    command = ("prepare", "landscape", "--list", site.list, *MILD)
    assert "terms of service" in avbench(*command)[2]
    code, said, told = avbench(*command)
    assert code == 0 and "finished before" in said and "terms of service" not in told


def test_draws_a_sample(avbench, site):
    code, said, _ = avbench("prepare", "landscape", "--list", site.list, *MILD, "--limit", "1", "--json")
    assert code == 0 and json.loads(said)["items"] == 1


def test_tells_the_status_of_a_set(avbench, site):
    avbench("prepare", "landscape", "--list", site.list, *MILD)
    found = json.loads(avbench("prepare", "status", "data/landscape", "--json")[1])
    assert (found["items"], found["done"], found["left"], found["failed"]) == (4, 3, 0, {"removed": 1})
    assert found["survival"]["sources"] == {"ours": 3, "paper": 928, "share": 0.0032}
    said = avbench("prepare", "status", "data/landscape")[1]
    assert "1 (removed 1)" in said and "3 of 928" in said


def test_says_that_a_folder_has_no_status(avbench, tmp_path):
    code, _, told = avbench("prepare", "status", tmp_path)
    assert code == 2 and "there is no ledger.sqlite" in told


def test_tries_again_what_failed(avbench, site):
    command = ("prepare", "landscape", "--list", site.list, *MILD)
    avbench(*command)
    make_movies(site.folder / "more", 1, seed=9, seconds=1.2).joinpath("clip000.mp4").rename(site.folder / "gone.mp4")
    assert "finished before" in avbench(*command, "--retry-failed", "geo")[1]
    said = avbench(*command, "--retry-failed", "--json")[1]
    assert json.loads(said)["clips"] == 4


def test_ends_with_3_and_one_message_without_a_network(avbench, tmp_path):
    code, _, told = avbench("prepare", "landscape", "--list", "http://127.0.0.1:9/list.csv")
    assert code == 3 and told.count("error") == 1 and "the list cannot be fetched" in told
    (tmp_path / "list.csv").write_text("url\nhttp://127.0.0.1:9/a.mp4\n")
    code, _, told = avbench("prepare", "landscape", "--list", "list.csv", "--fetch", "patience.first_pause=0", *MILD)
    assert code == 3 and "0 of 1 items are there" in told
    assert json.loads(avbench("prepare", "status", "data/landscape", "--json")[1])["left"] == 1


def test_prepares_what_a_plug_in_lists(avbench, site, tmp_path):
    (tmp_path / "mine.py").write_text(
        f"""
from pipelines.source import web_source
from pipelines.vggsound import TERMS
from pipelines.web.item import Listing, WebItem

@web_source("mine-{site.url[-5:]}")
def mine():
    item = WebItem(key="a", url="{site.url}/clip000.mp4", via="http", video="a", split="train", label="noise")
    return Listing(source="mine", origin="nowhere", sha256="", items=(item,), terms=TERMS)
"""
    )
    code, said, _ = avbench("prepare", "--plugin", "mine.py", f"mine-{site.url[-5:]}", *MILD)
    assert code == 0 and "data/mine" in said and "1 (train 1)" in said


def test_pushes_a_finished_set(avbench, site, tmp_path):
    avbench("prepare", "landscape", "--list", site.list, *MILD)
    code, said, _ = avbench("prepare", "push", "data/landscape", f"file://{tmp_path}/there")
    objects = len(list((tmp_path / "there").iterdir()))
    assert code == 0 and f"{objects} of {objects} objects were put" in " ".join(said.split())


def test_holds_a_list_to_its_hash(avbench, site):
    code, _, told = avbench("prepare", "landscape", "--list", site.list, "--list-sha256", "00")
    assert code == 4 and "wanted is 00" in told


def test_takes_a_processed_copy(avbench, tmp_path):
    make_movies(tmp_path / "copy" / "train" / "volcano", 2, seconds=1.2)
    make_movies(tmp_path / "copy" / "train" / "raining", 1, seconds=1.2, seed=5, sound=False)
    code, said, _ = avbench("prepare", "landscape", "--from", "copy", *MILD, "--json")
    found = json.loads(said)
    assert code == 0 and (found["items"], found["clips"], found["reasons"]) == (3, 2, {"no_audio": 1})


def test_takes_from_a_folder_what_the_list_names(avbench, site):
    code, said, _ = avbench("prepare", "landscape", "--list", site.list, "--from", site.folder, *MILD, "--json")
    assert code == 0 and json.loads(said)["reasons"] == {"not_in_folder": 1} and site.asked == ["/list.csv"]


def test_refuses_splits_that_are_not_apart_when_strict(avbench, site, tmp_path):
    film = f"{site.url}/clip000.mp4"
    (site.folder / "halves.csv").write_text(f"url,start,end,split\n{film},0,0.6,train\n{film},0.6,1.2,test\n")
    halves = ("--list", f"{site.url}/halves.csv", "--screen", "min_seconds=none")
    code, _, told = avbench("prepare", "landscape", *halves, *MILD, "--strict")
    assert code == 4 and "its splits are not apart: 1 pairs of clips share a source" in told
    assert (tmp_path / "data" / "landscape" / "audit.csv").read_text().count("\n") == 2


def test_downloads_dances_only_when_their_terms_are_accepted(avbench, tmp_path, site):
    name = "gBR_sBM_c01_d04_mBR0_ch01"
    (site.folder / "clip000.mp4").rename(site.folder / f"{name}.mp4")
    (site.folder / "names.txt").write_text(f"{name}\n")
    command = ("prepare", "aist", "--list", f"{site.url}/names.txt", "--videos", site.url, "--split", "train=1")
    code, _, told = avbench(*command, *MILD)
    assert code == 2 and "https://aistdancedb.ongaaccel.jp/terms_of_use/ is read and accepted" in told
    assert not (tmp_path / "data").exists()
    code, said, _ = avbench(*command, *MILD, "--accept-terms")
    assert code == 0 and "1 (train 1)" in said
    made = json.loads((tmp_path / "data" / "aist" / "clipset.json").read_text())["made"]
    assert made["terms_accepted"] and made["crop"] == 1024 and made["settings"]["clip_seconds"] == "whole"


def test_selects_by_quality_before_it_downloads(avbench, tmp_path, site, monkeypatch):
    pages = {"abcdefghij1": 720, "abcdefghij2": 360, "abcdefghij3": 1080, "abcdefghij4": 480}
    monkeypatch.setattr(
        "pipelines.web.download.youtube.read_facts",
        lambda url, limits, page: {"height": pages[url[-11:]], "fps": 30, "acodec": "aac"},
    )

    def fetch(listing, out, **options):
        raise MissingError(f"would fetch {sorted(item.video for item in listing.items)}")

    monkeypatch.setattr("pipelines.web.prepare.fetch", fetch)
    header = "# one\n# two\n# YTID, start_seconds, end_seconds, positive_labels\n"
    rows = "".join(f'{video}, 0.000, 10.000, "/m/0k4j"\n' for video in pages)
    (site.folder / "balanced.csv").write_text(header + rows)
    (site.folder / "ontology.json").write_text('[{"id": "/m/0k4j", "name": "Car"}]')
    command = ("prepare", "audioset", "--list", f"{site.url}/balanced.csv", "--select", "quality")
    ontology = ("--ontology", f"{site.url}/ontology.json", "--fetch", "patience.between=0")
    plan = " ".join(avbench(*command, *ontology, "--limit", "2", "--dry-run")[1].split())
    assert "pages to ask up to 4, until 2 are found" in plan
    code, _, told = avbench(*command, *ontology)
    assert code == 3 and "would fetch ['abcdefghij1', 'abcdefghij3']" in told
    assert "selected 2 of 4 videos that were asked about (low_resolution 2)" in told
    asked = (tmp_path / "data" / "audioset" / "selection.jsonl").read_text()
    assert sorted(json.loads(line)["video"] for line in asked.splitlines()) == sorted(pages)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("landscape", "--list", "nowhere.csv"), "nowhere.csv does not exist"),
        (("landscape", "--from", "nowhere"), "nowhere does not exist"),
        (("aist", "--list", "names.txt"), "--annotations; or deal all sequences yourself"),
        (("audioset", "--select", "beauty"), "only quality is known"),
        (("audioset", "--subset", "all"), '"all" is none of balanced, eval, unbalanced'),
        (("audioset", "--list-sha256", "00"), "--list-sha256 is of one list"),
        (("landscape", "--list", "list.csv", "--screen", "max_silenc=0"), 'did you mean "max_silence"'),
        (("landscape", "--list", "list.csv", "--no-screen", "--screen", "sound=false"), "contradict each other"),
        (("landscape", "--list", "list.csv", "--address", "auto"), "add --engine ray"),
        (("landscape", "--list", "list.csv", "--name", "a/b"), "--out"),
    ],
)
def test_refuses_what_makes_no_sense(avbench, tmp_path, options, message):
    (tmp_path / "list.csv").write_text("id\nabcdefghijk\n")
    (tmp_path / "names.txt").write_text("gBR_sBM_c01_d04_mBR0_ch01\n")
    code, _, told = avbench("prepare", *options)
    assert code == 2 and message in told and not (tmp_path / "data").exists()
