import json
import re
from pathlib import Path

import html5lib
import pandas as pd
import pytest
from results_folders import Folder, sampled

from avbench.protocol import AVBENCH
from avbench.workspace import sha256_file
from reports.claims import claims
from reports.comparison.literature import Mention
from reports.comparison.scored import read_results
from reports.comparison.studies import read_opinions
from reports.page.datasets import read_datasets
from reports.report import Material, Report


def report(root: Path, *, studies=None, literature=()) -> Report:
    results, opinions = read_results(root / "results"), read_opinions(root / "studies")
    material = Material(
        results=results,
        scored=results.scored,
        opinions=opinions,
        claims=claims([], opinions.lines, {}, []),
        datasets=read_datasets(root / "data"),
        studies=studies or {},
        literature=literature,
    )
    made = Report(root / "results" / "report", material)
    made.write(clips=0)
    return made


def page(root: Path) -> str:
    return (root / "results" / "report" / "index.html").read_text()


def test_there_is_a_page_and_every_table_in_three_formats(tmp_path):
    Folder(tmp_path / "results" / "a", {"FVD": 230.0}).write()
    report(tmp_path)
    names = {path.name for path in (tmp_path / "results" / "report").iterdir()}
    assert {"index.html", "scores.csv", "claims.csv", "provenance.json"} <= names
    for stem in ("scores-landscape-published-", "table1-published-"):
        suffixes = {Path(name).suffix for name in names if name.startswith(stem)}
        assert suffixes == {".csv", ".md", ".tex"}


def test_the_page_is_whole_html_that_asks_nothing_of_a_network(tmp_path):
    Folder(tmp_path / "results" / "a", {"FVD": 230.0}, se=2.0).write()
    report(tmp_path)
    html5lib.HTMLParser(strict=True).parse(page(tmp_path))
    loaded = re.findall(r'(?:src|poster)="(?!data:)[^"]*"|@import|url\((?!#)[^)]*\)|<link', page(tmp_path))
    assert loaded == []


def test_names_are_text_whatever_they_hold(tmp_path):
    name = "<script>alert(1)</script>&\"'$x$"
    Folder(tmp_path / "results" / "a", {"FVD": 230.0}, method=name, made={}, dataset="<i>set").write()
    report(tmp_path)
    assert "<script>alert" not in page(tmp_path) and "<i>set" not in page(tmp_path)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;" in page(tmp_path)


def test_unlike_protocols_have_tables_of_their_own(tmp_path):
    Folder(tmp_path / "results" / "a", {"FVD": 230.0}).write()
    Folder(tmp_path / "results" / "b", {"FVD": 200.0}, protocol=AVBENCH).write()
    report(tmp_path)
    assert "landscape, protocol published</h3>" in page(tmp_path)
    assert "landscape, protocol avbench</h3>" in page(tmp_path)


def test_tables_whose_data_set_the_paper_does_not_name_stand_there_once_for_each_of_ours(tmp_path):
    for dataset in ("landscape", "aist"):
        Folder(tmp_path / "results" / dataset, {"FVD": 230.0}, dataset=dataset).write()
    made = report(tmp_path)
    assert made.warnings == []
    names = {path.stem.rpartition("-")[0] for path in (tmp_path / "results" / "report").glob("table4*.csv")}
    assert names == {"table4-landscape-published", "table4-aist-published"}


def test_every_file_names_what_it_was_made_from(tmp_path):
    folder = Folder(tmp_path / "results" / "a", {"FVD": 230.0}).write()
    report(tmp_path)
    digest = sha256_file(folder / "results.csv")
    written = tmp_path / "results" / "report"
    told = json.loads((written / "provenance.json").read_text())
    assert told["made_from"][str(folder / "results.csv")] == digest
    for name, written_digest in told["wrote"].items():
        assert sha256_file(written / name) == written_digest
        if not name.startswith("claims"):
            assert digest in (written / name).read_text(), name


def test_the_same_results_give_the_same_bytes_and_old_files_go(tmp_path):
    Folder(tmp_path / "results" / "a", {"FVD": 230.0}).write()
    other = Folder(tmp_path / "results" / "b", {"FVD": 200.0}, protocol=AVBENCH).write()
    report(tmp_path)
    both = {path.name for path in (tmp_path / "results" / "report").iterdir()}
    for path in other.iterdir():
        path.unlink()
    report(tmp_path)
    first = page(tmp_path)
    report(tmp_path)
    assert page(tmp_path) == first
    gone = both - {path.name for path in (tmp_path / "results" / "report").iterdir()}
    assert gone and all("avbench" in name for name in gone)


def test_what_was_changed_by_hand_stands_at_the_top(tmp_path):
    folder = Folder(tmp_path / "results" / "a", {"FVD": 230.0}, runs=1).write()
    path = folder / "results.csv"
    path.write_text(path.read_text().replace("230.0", "1.0", 1))
    made = report(tmp_path)
    assert "line 2 was changed after it was written" in made.warnings[0]
    assert page(tmp_path).index("was changed after it was written") < page(tmp_path).index('id="scores"')


def test_a_table_that_cannot_be_made_does_not_stop_the_others(tmp_path):
    Folder(tmp_path / "results" / "a", {"FVD": 230.0}).write()
    Folder(tmp_path / "results" / "b", {"FVD": 231.0}, method="again").write()
    made = report(tmp_path)
    assert any("2 results fill the row table1:7" in warning for warning in made.warnings)
    assert "landscape, protocol published</h3>" in page(tmp_path)


def test_smoke_runs_are_no_rows_of_the_papers_tables_and_named(tmp_path):
    stamp = {"table": 1, "row": 7, "preset": "smoke", "smoke": True}
    Folder(tmp_path / "results" / "a", {"FVD": 230.0}, stamp=stamp).write()
    made = report(tmp_path)
    assert any("a smoke run, whose numbers mean nothing" in warning for warning in made.warnings)
    assert not list((tmp_path / "results" / "report").glob("table1*"))


def test_what_others_print_stands_on_the_page_beneath_the_tables_rows(tmp_path):
    Folder(tmp_path / "results" / "a", {"FVD": 230.0}).write()
    told = {"metric": "FVD", "n": "", "resolution": "", "protocol": "", "source": "A 2024", "quote": "We reach it."}
    here, elsewhere = (
        Mention(method=f"Other on {dataset}", dataset=dataset, value=100.5, **told)
        for dataset in ("Landscape", "AIST++")
    )
    report(tmp_path, literature=[here, elsewhere])
    assert "Other on Landscape" in page(tmp_path) and "Other on AIST++" in page(tmp_path)
    assert "protocol unknown" in page(tmp_path)
    report(tmp_path)
    assert "Other on" not in page(tmp_path)


def test_training_steps_and_evaluations_become_curves(tmp_path):
    for step in (60_000, 80_000):
        Folder(
            tmp_path / "results" / f"{step}", {"FVD": step / 200}, made=sampled(step=step), method=f"at {step}"
        ).write()
    Folder(tmp_path / "results" / "c", {"FVD": 390.0}, made=sampled(step=80_000, steps=50), method="more").write()
    report(tmp_path)
    assert "by training step</h3>" in page(tmp_path)
    assert "by evaluations of the network</h3>" in page(tmp_path)


@pytest.mark.parametrize("setting", ["condition", "upsampler"])
def test_what_was_given_or_upscaled_is_on_no_curve_with_what_was_not(tmp_path, setting):
    Folder(tmp_path / "results" / "a", {"FVD": 400.0}, made=sampled(steps=20)).write()
    other = sampled(steps=50)
    other["made"]["settings"][setting] = {"name": "other"}
    Folder(tmp_path / "results" / "b", {"FVD": 390.0}, made=other, method="other").write()
    report(tmp_path)
    assert "by evaluations of the network</h3>" not in page(tmp_path)


def test_one_evaluation_makes_no_curve(tmp_path):
    Folder(tmp_path / "results" / "a", {"FVD": 230.0}).write()
    report(tmp_path)
    assert 'id="curves"' not in page(tmp_path)


def test_a_sanity_study_becomes_a_heat_map(tmp_path):
    Folder(tmp_path / "results" / "a", {"FVD": 230.0}).write()
    lines = [
        {
            "corruption": "blur",
            "strength": strength,
            "metric": "FVD",
            "value": strength,
            "floor": 1.0,
            "verdict": "sees",
        }
        for strength in (2.0, 8.0)
    ]
    report(tmp_path, studies={"sanity-mine": pd.DataFrame(lines)})
    assert "sanity-mine</h3>" in page(tmp_path) and ">sees</text>" in page(tmp_path)


def test_classes_stand_side_by_side(tmp_path):
    folder = Folder(tmp_path / "results" / "a", {"FVD": 230.0}).write()
    table = pd.DataFrame({"label": ["fire", "rain"], "method": "ours", "metric": "FVD", "value": [310.0, 290.0]})
    table.to_csv(folder / "classes.csv", index=False)
    report(tmp_path)
    assert re.search(r'id="classes0".*fire.*310.*rain.*290', page(tmp_path), re.DOTALL)


def test_a_data_set_tells_how_many_items_survived(tmp_path):
    Folder(tmp_path / "results" / "a", {"FVD": 230.0}).write()
    data = tmp_path / "data" / "mine"
    data.mkdir(parents=True)
    (data / "clipset.json").write_text("{}")
    pd.DataFrame({"source": ["s0", "s0", "s1"], "duration": 10.0}).to_parquet(data / "clips.parquet")
    failures = {
        "item": ["x", "y", "z"],
        "stage": ["download", "download", "screen"],
        "reason": ["private"] * 2 + ["silent"],
    }
    pd.DataFrame(failures).to_csv(data / "failures.csv", index=False)
    report(tmp_path)
    assert "2 of 5 items gave 3 clips" in page(tmp_path)
    assert "download: private" in page(tmp_path)


def test_charts_take_their_colours_from_the_page(tmp_path):
    Folder(tmp_path / "results" / "a", {"FVD": 230.0}, se=2.0).write()
    report(tmp_path)
    (svg,) = re.findall(r"<svg role.*?</svg>", page(tmp_path), re.DOTALL)
    assert "var(--ink, #22303c)" in svg and not re.search(r"(?<!, )#22303c", svg)
