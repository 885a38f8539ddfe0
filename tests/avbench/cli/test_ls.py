"""`avbench ls`, as it is typed."""

import json
from pathlib import Path

import pytest
from results_folders import Folder
from tiny import make_movies
from toy_runs import make_toy_run

from avbench import listing
from avbench.clipset import layout, made
from pipelines.prepare import prepare
from pipelines.source import SOURCES
from pipelines.storage import Storage


def listed(avbench, what):
    code, out, err = avbench("ls", what, "--json")
    assert code == 0, err
    return json.loads(out)


def test_data_sets_are_told_with_their_clips_and_splits(avbench):
    make_movies(Path("movies"), 2, size=16)
    prepare(SOURCES["folder"](Path("movies")), Path("data/mine"), name="mine", storage=Storage(clip_seconds=None))
    (entry,) = listed(avbench, "data")
    assert (entry["name"], entry["state"], entry["clips"], entry["splits"]) == ("mine", "ready", 2, {"train": 2})
    assert entry["bytes"] == Path("data/mine/train-000000.tar").stat().st_size


def test_a_set_whose_making_was_interrupted_is_told_as_unfinished(avbench):
    Path("data/half/.work").mkdir(parents=True)
    assert listed(avbench, "data")[0]["state"] == "unfinished"


def test_runs_are_told_with_how_far_they_are_and_their_samples(avbench):
    make_toy_run(Path("runs/done"))
    make_toy_run(Path("runs/begun"), step=2)
    begun, done = listed(avbench, "runs")
    assert (done["state"], done["model"], done["step"], done["steps"]) == ("ready", "toy", 6, 6)
    assert (begun["state"], begun["step"], begun["samples"]) == ("unfinished", 2, [])


def test_results_are_told_with_what_they_were_made_for(avbench):
    stamp = {"table": 1, "row": 7, "steps": None, "preset": "smoke", "smoke": True}
    Folder(Path("results/ours"), {"FVD": 229.0}, stamp=stamp).write()
    (entry,) = listed(avbench, "results")
    assert entry["made_for"] == "table1:7 smoke"
    assert (entry["methods"][0], entry["n"], entry["runs"]) == ("ours", 2048, 6)


def test_a_report_is_no_result(avbench):
    Folder(Path("results/ours"), {"FVD": 229.0}).write()
    Path("results/report").mkdir()
    Path("results/report/provenance.json").write_text('{"wrote": {}}')
    assert [entry["name"] for entry in listed(avbench, "results")] == ["ours"]


@pytest.mark.parametrize(
    ("what", "file"), [("data", "clipset.json"), ("runs", "config.toml"), ("results", "summary.csv")]
)
def test_a_damaged_file_is_told_and_stops_nothing(avbench, what, file):
    folder = Path(what) / "broken"
    folder.mkdir(parents=True)
    (folder / file).write_text("broken {")
    (folder / "results.csv").touch()
    assert listed(avbench, what)[0]["state"] == "damaged"


def test_weights_are_those_of_the_registry(avbench):
    assert {"i3d", "audioclip"} <= {entry["name"] for entry in listed(avbench, "weights")}


def test_a_table_is_printed_for_people(avbench):
    make_toy_run(Path("runs/done"))
    _, out, _ = avbench("ls", "runs")
    assert "done" in out and "toy" in out and "ready" in out


def test_the_names_of_files_are_those_of_clip_sets():
    assert (listing.MANIFEST, listing.WORK, listing.MADE) == (layout.MANIFEST, layout.WORK, made.KIND)


def test_an_empty_workspace_says_so(avbench):
    code, out, err = avbench("ls", "data")
    assert (code, out) == (0, "") and "nothing in data/" in err
