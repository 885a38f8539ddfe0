import csv
import io
import shutil
import subprocess

import pytest
from results_folders import Folder, sampled
from strict import missing

from reports.comparison.scored import read_results
from reports.comparison.selection import made_from
from reports.comparison.table import compare
from reports.comparison.writers import WRITERS
from reports.paper_rows import paper_tables


@pytest.fixture
def written(tmp_path):
    """Writes a table of the folders that a test made, in a format."""

    def written(format: str, number: int = 1, **settings) -> str:
        results = read_results(tmp_path)
        comparison = compare(paper_tables()[number], results.scored, **settings)
        return WRITERS[format](comparison, made_from(comparison, results.files))

    return written


def cells(markdown: str, label: str) -> list[str]:
    (row,) = [line for line in markdown.splitlines() if line.startswith(f"| {label} ")]
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_markdown_has_for_each_metric_the_papers_number_ours_and_the_difference(tmp_path, written):
    Folder(tmp_path / "a", {"FVD": 231.08, "FAD": 9.0}, se=2.0).write()
    Folder(tmp_path / "b", {"FVD": 250.0}, method="v", made=sampled("video-only"), se=2.0).write()
    row = cells(written("md"), "Ours")
    assert row[1:4] == ["229.08", "**231.08** [227.16, 235.00]", "+2.00"]
    assert row[7:] == ["**9.39**", "9.00 [5.08, 12.92]", "−0.39"]


def test_markdown_leaves_empty_what_was_not_run(tmp_path, written):
    Folder(tmp_path / "a", {"FVD": 231.08}).write()
    assert cells(written("md"), "DIGAN")[1:4] == ["305.36", "", ""]


def test_markdown_points_to_notes(tmp_path, written):
    Folder(tmp_path / "a", {"FVD": 231.08}, n=100).write()
    markdown = written("md")
    assert "| Ours ¹ |" in markdown and "\n¹ N = 100 clips, not 2048" in markdown


def test_markdown_names_what_it_was_made_from(tmp_path, written):
    folder = Folder(tmp_path / "a", {"FVD": 231.08}).write()
    digest = read_results(tmp_path).files[str(folder / "results.csv")]
    assert f"<!-- from {folder / 'results.csv'} sha256 {digest} -->" in written("md")


def test_table_4_has_its_steps_above_the_metrics(tmp_path, written):
    Folder(tmp_path / "a", {"FVD": 301.0}, made=sampled(step=80_000), runs=1).write()
    markdown = written("md", 4)
    assert "80k FVD ↓ paper" in markdown
    assert cells(markdown, "with random shift ¹")[7:10] == ["306.42", "301.00", "−5.42"]


def test_names_cannot_break_the_markdown(tmp_path, written):
    Folder(tmp_path / "a", {"FVD": 231.08}).write()
    Folder(tmp_path / "b", {"FVD": 99.0}, method="<b>my|own</b>", made={}).write()
    assert r"\<b>my\|own\</b>" in written("md", also=["<b>my|own</b>"])


def test_csv_has_a_line_for_each_number_and_its_origin(tmp_path, written):
    folder = Folder(tmp_path / "a", {"FVD": 231.08}, se=2.0).write()
    lines = list(csv.DictReader(io.StringIO(written("csv"))))
    (ours,) = [line for line in lines if (line["method"], line["metric"]) == ("Ours", "FVD")]
    assert float(ours["ours"]) == pytest.approx(231.08)
    assert float(ours["difference"]) == pytest.approx(2.0)
    assert ours["results"] == str(folder)
    assert ours["results_sha256"] == read_results(tmp_path).files[str(folder / "results.csv")]
    (theirs,) = [line for line in lines if (line["method"], line["metric"]) == ("DIGAN", "KVD")]
    assert (theirs["published"], theirs["ours"]) == ("19.56", "")


def test_latex_compiles_whatever_a_method_is_called(tmp_path, written):
    if shutil.which("pdflatex") is None:
        missing("pdflatex is not installed")
    Folder(tmp_path / "a", {"FVD": 231.08, "FAD": 9.0}, se=2.0, n=100, dataset="landscape_#1").write()
    Folder(tmp_path / "b", {"FVD": 99.0}, method="my_own & 50% \\better{ü}→", made={}, dataset="landscape_#1").write()
    tables = [written("latex", number, also=["my_own & 50% \\better{ü}→"]) for number in (1, 4)]
    document = tmp_path / "tables.tex"
    document.write_text(
        "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n" + "\n".join(tables) + "\\end{document}\n"
    )
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", document.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Undefined" not in done.stdout


def test_latex_is_bold_where_a_number_is_best(tmp_path, written):
    Folder(tmp_path / "a", {"FVD": 231.08}).write()
    Folder(tmp_path / "b", {"FVD": 250.0}, method="v", made=sampled("video-only")).write()
    latex = written("latex")
    assert r"\textbf{231.08}" in latex and r"\textbf{250.00}" not in latex
    assert r"\toprule" in latex
