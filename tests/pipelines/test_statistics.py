from fractions import Fraction

import pytest

from avbench.clipset.shards import ShardClipSet
from pipelines.landscape import landscape_copy
from pipelines.prepare import prepare
from pipelines.statistics import PAPER, dataset_statistics
from pipelines.storage import Storage
from pipelines.web.harvest import harvest_files
from pipelines.web.item import Listing, Terms, WebItem

TERMS = Terms(name="t", url="u", text="t", must_accept=False)


def statistics(harvest, out):
    prepare(harvest, out, name="set", storage=Storage(clip_seconds=Fraction(1)), workers=1)
    return dataset_statistics(ShardClipSet(out)).set_index("figure")


def test_puts_our_figures_beside_the_papers(tmp_path, movie):
    for name in ("raining/a", "raining/b", "thunder/c"):
        movie(tmp_path / "copy" / f"{name}.mp4", seconds=2, fps=20)
    copy = landscape_copy(tmp_path / "copy")
    table = statistics(harvest_files(copy.listing, copy.files, copy.failures), tmp_path / "out")
    assert dict(table["ours"]) == {
        "sources": "3",
        "clips": "6",
        "hours": "0.0017",
        "frames": "60",
        "source_frames": "120",
        "classes": "2",
        "listed": "3",
    }
    assert (table.loc["sources", "paper"], table.loc["sources", "share"]) == ("928", "0.0032")
    assert table.loc["frames", "paper"] == "" and "2.78 h" in table.loc["hours", "note"]


def test_counts_what_was_listed_and_all_labels_of_a_clip(tmp_path, movie):
    movie(tmp_path / "a.mp4", seconds=1)
    item = WebItem(
        key="a", url="http://h/a", via="http", video="a", split="train", label="Rain", meta={"labels": ["Rain", "Wind"]}
    )
    listing = Listing(source="audioset", origin="l", sha256="0", items=(item,), terms=TERMS, drawn_from=2_000)
    table = statistics(harvest_files(listing, {"a": tmp_path / "a.mp4"}, ()), tmp_path / "out")
    assert table.loc["listed", "ours"] == "2000" and table.loc["classes", "ours"] == "2"
    assert "527" in table.loc["classes", "note"] and table.loc["clips", "paper"] == "20000"


@pytest.mark.parametrize(("source", "sources", "seconds"), [("landscape", 928, 10_000), ("aist", 1_020, 5.2 * 3600)])
def test_notes_what_the_papers_own_figures_imply(source, sources, seconds):
    figures = PAPER[source].figures
    assert figures["sources"] == sources
    assert figures["source_frames"] / seconds == pytest.approx(30, abs=0.1)
    assert "30 a second" in PAPER[source].notes["source_frames"]
