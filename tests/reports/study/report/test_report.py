"""The report of a study: its files, their numbers, and what refuses to be reported."""

import csv
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import html5lib
import pytest
from golden_study import EXPECTED, GOLDEN, golden_folder, small_study
from results_folders import Folder
from strict import missing

from avbench.errors import DataError, UsageError
from reports.study.ingest.ingest import ingest
from reports.study.report.report import Report, report
from reports.study.report.sheet import Sheet

# Of the example's methods, at two N; beside each stands the ground truth of its own draws.
_RESULTS = {"ours": {"FVD": 110.0, "FAD": 9.0}, "baseline": {"FVD": 300.0, "FAD": 6.0}}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden study with its votes."""
    folder = golden_folder(tmp_path_factory.mktemp("studies") / "golden")
    ingest(folder, [GOLDEN / "answers.csv"])
    return folder


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return results_in(tmp_path_factory.mktemp("results"))


def results_in(root: Path, *, ours: str = "ours", dataset: str = "landscape", **changes: Any) -> Path:
    """Results of two methods and of real clips."""
    for method, values in _RESULTS.items():
        for n in (256, 2048):
            name = ours if method == "ours" else method
            folder = root / f"{dataset}-vs-{name}-{n}"
            Folder(folder, values, method=name, dataset=dataset, n=n, se=1.0, **changes).write()
    return root


@pytest.fixture(scope="module")
def done(study: Path, results: Path) -> Report:
    return report([study], results=results, draws=200)


def sheet(done: Report, name: str) -> Sheet:
    return next(sheet for sheet in done.sheets if sheet.name == name)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_table_5_has_the_papers_numbers_beside(done):
    found = sheet(done, "table5")
    assert found.headings == (*("Method", "landscape VQ", "paper", "landscape AQ", "paper", "landscape A-V", "paper"),)
    assert found.rows == (
        ("gt", "3.49", "3.84", "3.79", "4.22", "3.58", "4.52"),
        ("ours", "2.88", "3.75", "3.41", "3.93", "3.18", "4.33"),
        ("baseline", "2.02", "–", "1.86", "–", "1.90", "–"),
    )


def test_the_full_table_5_has_intervals_and_stars(done):
    rows = {row[0]: row[1:] for row in sheet(done, "table5-full").rows}
    # Half of [2.526, 3.224] is 0.35; the method that others are compared with has no star.
    assert rows["ours"][0] == "2.88 ±0.35"
    assert rows["baseline"][0].endswith("**") and rows["gt"][0].endswith("ns")


def test_table_6_has_shares_interval_votes_and_the_papers_rate(done):
    rows = {row[1]: row for row in sheet(done, "table6").rows}
    assert rows["ours"][2:7] == ("49.4", "84.9", "[35.4, 63.4]", "[38.5, 60.3]", "77")
    assert rows["gt"][2:4] == ("92.5", "92.5")


def test_the_gap_to_real_clips_is_in_points(done):
    assert sheet(done, "table6-gap").rows[0][1:3] == ("gt − ours", "43.1")


def test_screened_and_unscreened_tables_both_stand(done):
    votes = {"table6": ("77", "80"), "table6-unscreened": ("93", "94")}
    for name, counts in votes.items():
        assert tuple(sorted(row[6] for row in sheet(done, name).rows)) == counts


def test_the_screening_flow_adds_up(done):
    def number(text: str) -> int:
        return int(text.split()[0].replace("−", "-").replace(",", ""))

    flow = [(what, number(count)) for _, what, count in sheet(done, "screening").rows]
    totals = {what: count for what, count in flow if not what.startswith(" ")}
    dropped: dict[str, int] = {}
    last = ""
    for what, count in flow:
        if what.startswith(" "):
            dropped[last] = dropped.get(last, 0) + count
        else:
            last = what
    assert totals["rows came in"] + dropped["rows came in"] == totals["rows used"] == 62
    assert totals["votes in them"] + dropped["votes in them"] == totals["valid votes"] == 600
    assert totals["valid votes"] + dropped["valid votes"] == totals["votes in the tables"] == 481


def test_scores_for_the_page_are_unrounded(done, study):
    rows = {(row["method"], row["metric"]): row for row in table(study / "report" / "scores.csv")}
    ours = rows["ours", "VQ"]
    expected = next(cell for cell in EXPECTED["mos"] if cell["method"] == "ours" and cell["task"] == "video_quality")
    assert [float(ours[name]) for name in ("value", "low", "high")] == pytest.approx(
        [expected["mean"], *expected["ci95_twoway"]], abs=1e-9
    )
    assert (ours["n"], ours["screened"]) == ("40", "10")
    assert float(rows["gt", "turing_pass_percent"]["value"]) == 92.5
    assert len(rows) == 9 + 2


def test_the_json_holds_every_number_of_the_example(done, study):
    found = json.loads((study / "report" / "report.json").read_text())["studies"][0]
    assert found["excluded"].keys() != EXPECTED["raters"]["excluded"].keys()  # pseudonyms
    assert sorted(found["excluded"].values()) == sorted(EXPECTED["raters"]["excluded"].values())
    assert found["screened"]["passes"][1]["deff"] == pytest.approx(EXPECTED["turing"][1]["deff"], abs=1e-9)
    assert found["gold_answers"] == EXPECTED["votes_valid"]["gold"]


def test_the_page_is_valid_html_and_needs_nothing_else(done, study):
    text = (study / "report" / "report.html").read_text()
    html5lib.HTMLParser(strict=True).parse(text)
    assert not [sign for sign in ("http", "<script", "src=", "@import") if sign in text]


def test_nobody_is_named(done, study):
    people = {row["WorkerId"] for row in table(GOLDEN / "answers.csv")}
    for path in (study / "report").iterdir():
        assert not [person for person in people if person in path.read_text()], path


@pytest.mark.slow
def test_the_latex_tables_compile(done, study, tmp_path):
    pdflatex = shutil.which("pdflatex")
    if pdflatex is None:
        missing("there is no pdflatex")
    assert pdflatex is not None
    inputs = "".join(rf"\input{{{path}}}" + "\n" for path in sorted((study / "report").glob("*.tex")))
    (tmp_path / "a.tex").write_text(
        "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n" + inputs + "\\end{document}\n"
    )
    ran = subprocess.run(
        [pdflatex, "-interaction=nonstopmode", "-halt-on-error", "a.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-2000:]


def test_metrics_are_correlated_at_the_largest_common_n(done):
    rows = {(row[1], row[3]): row for row in sheet(done, "correlation").rows}
    assert len(rows) == 2 * 4
    assert rows["FVD", "VQ"][4:6] == ("3", "−1.00")
    # FAD: ground truth 7, baseline 6, ours 9; people: ground truth, ours, baseline.
    assert rows["FAD", "VQ"][5] == "0.50"
    assert rows["FVD", "VQ"][-1] == "2,048"
    # Two methods only were shown to both in the Turing test.
    assert rows["FVD", "turing_pass_percent"][4] == "2"


def test_a_method_that_results_call_otherwise_is_told(study, tmp_path):
    root = results_in(tmp_path, ours="my-run")
    plain = report([study], results=root, draws=0)
    told = report([study], results=root, called={"ours": "my-run"}, draws=0)
    methods = [sheet(done, "correlation").rows[0][4] for done in (plain, told)]
    assert methods == ["2", "3"]


def test_results_that_say_nothing_of_the_study_are_refused(study, tmp_path):
    with pytest.raises(UsageError, match="there are no results yet"):
        report([study], results=tmp_path, draws=0)
    root = results_in(tmp_path / "kitchen", dataset="kitchen")
    with pytest.raises(UsageError, match="no metric has two methods.*ours on kitchen.*--called"):
        report([study], results=root, draws=0)
    root = results_in(tmp_path / "trial", stamp={"table": 1, "row": 7, "steps": None, "preset": "tiny", "smoke": True})
    with pytest.raises(UsageError, match="nothing but trials"):
        report([study], results=root, draws=0)


def test_two_results_of_one_method_are_not_mixed(study, tmp_path):
    root = results_in(tmp_path)
    Folder(root / "again", {"FVD": 90.0}, dataset="landscape").write()
    with pytest.raises(DataError, match="both give FVD of ours on landscape"):
        report([study], results=root, draws=0)


def test_a_report_without_results_leaves_no_old_correlation(study, results):
    report([study], results=results, draws=0)
    assert (study / "report" / "correlation.csv").is_file()
    report([study], draws=0)
    assert not (study / "report" / "correlation.csv").exists()


def test_two_studies_that_give_one_cell_are_not_mixed(study, tmp_path):
    other = Path(shutil.copytree(study, tmp_path / "other"))
    with pytest.raises(DataError, match="both give .* of baseline on landscape.*one by one"):
        report([study, other], draws=0)


def test_a_study_without_votes_has_no_report(tmp_path):
    folder = golden_folder(tmp_path / "study")
    with pytest.raises(UsageError, match="avbench study ingest"):
        report([folder])


def test_a_study_whose_gold_nobody_answered_is_refused(study, tmp_path):
    folder = Path(shutil.copytree(study, tmp_path / "study"))
    votes = folder / "ingested" / "votes.csv"
    gold = {row["clip_id"] for row in table(GOLDEN / "gold.csv")}
    lines = votes.read_text().splitlines()
    votes.write_text("\n".join(line for line in lines if line.split(",")[3] not in gold) + "\n")
    with pytest.raises(DataError, match="has gold clips, but none of its 600 valid votes answers one"):
        report([folder])


_HEADER = "study_id,task_id,rater_id,clip_id,task,answer,seconds,timestamp"


def voted(clip: int, rater: str, answer: str, task: str = "video_quality") -> str:
    return f"few,{task}:{clip:012x},{rater},{clip:012x},{task},{answer},,2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "votes",
    [
        [voted(0, "a", "4")],
        [voted(clip, rater, "3") for clip in range(4) for rater in "ab"],
        [voted(4, "a", "real", "turing"), voted(5, "a", "machine", "turing")],
        [voted(4, rater, "real", "turing") for rater in "ab"],
        [voted(0, "a", "4"), voted(1, "b", "2"), voted(2, "a", "4")],
    ],
    ids=["one vote", "all equal", "one rater", "one clip", "one vote a clip"],
)
def test_votes_too_few_for_a_number_leave_it_out(tmp_path, votes):
    methods = ["ours", "real", "ours", "real", "ours", "real"]
    rows = [f"{clip:012x},few,{'mos' if clip < 4 else 'turing'},x,{m},{clip},rating" for clip, m in enumerate(methods)]
    (tmp_path / "key.csv").write_text("\n".join(["clip_id,study_id,part,dataset,method,source_id,kind", *rows]) + "\n")
    (tmp_path / "votes.csv").write_text("\n".join([_HEADER, *votes]) + "\n")
    clips = [f"{clip:012x}" for clip in range(6)]
    pages = {"m": ("video_quality", tuple(clips[:4])), "t": ("turing", tuple(clips[4:]))}
    folder = small_study(tmp_path / "s", key=tmp_path / "key.csv", pages=pages, votes=2, study_id="few")
    ingest(folder, [tmp_path / "votes.csv"])
    done = report([folder], draws=50)
    cells = [cell for one in done.sheets for row in one.rows for cell in row]
    assert cells and not [cell for cell in cells if "nan" in cell or "inf" in cell.split()]


@pytest.mark.parametrize("option", ["ground_truth", "focus"])
def test_a_method_that_is_not_there_is_a_wrong_command(study, option):
    with pytest.raises(UsageError, match="the study has no such method; it has baseline, gt, ours"):
        report([study], draws=0, **{option: "theirs"})
