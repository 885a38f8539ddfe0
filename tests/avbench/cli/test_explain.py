"""`avbench explain`, as it is typed."""

import json
from pathlib import Path

import pandas as pd
from tiny import TINY, make_movies, register_tiny_extractors


def test_a_metric_is_explained_under_a_protocol(avbench):
    code, out, err = avbench("explain", "fvd", "--protocol", "avbench")
    assert code == 0, err
    assert out.startswith("FVD under protocol avbench")


def test_without_a_metric_it_says_what_to_ask(avbench):
    code, _, err = avbench("explain")
    assert code == 2 and "`avbench explain fvd`; or --ladder" in err


def test_the_ladder_leaves_a_table_and_a_picture(avbench):
    register_tiny_extractors()
    make_movies(Path("real"), 4, seed=1, seconds=3.2, size=16)
    make_movies(Path("made"), 4, seed=2, size=16)
    sets = ("--reference", "real", "--generated", "made", "--features", TINY)
    code, out, err = avbench("explain", "fvd", "--ladder", *sets, "--samples", 8, "--runs", 1, "--json")
    assert code == 0, err
    folder = Path("results/ladder-real-vs-made")
    table = pd.read_csv(folder / "ladder.csv")
    assert len(json.loads(out)) == len(table) and set(table["metric"]) == {"FVD[tiny_video]"}
    assert "antialias: false → true" in (folder / "ladder.svg").read_text()
