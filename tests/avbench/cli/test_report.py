import json

import pytest
from results_folders import Folder
from tiny import make_movies

from avbench.protocol import AVBENCH


def test_a_table_is_printed_with_our_numbers(avbench, tmp_path):
    Folder(tmp_path / "results" / "a", {"FVD": 230.5}).write()
    code, out, err = avbench("report", "table1")
    assert code == 0, err
    assert "**Table 1. Landscape: unconditional generation**" in out and "230.50" in out


@pytest.mark.parametrize(("format", "sign"), [("csv", "table,row,method"), ("latex", r"\toprule")])
def test_the_format_can_be_chosen(avbench, tmp_path, format, sign):
    Folder(tmp_path / "results" / "a", {"FVD": 230.5}).write()
    code, out, _ = avbench("report", "table1", "--format", format)
    assert code == 0 and sign in out


def test_without_results_the_command_says_what_to_run(avbench):
    code, _, err = avbench("report", "table1")
    assert code == 2 and "there are no results yet; make some with `avbench eval" in err


def test_unlike_protocols_are_refused_and_one_can_be_chosen(avbench, tmp_path):
    Folder(tmp_path / "results" / "a", {"FVD": 230.5}).write()
    Folder(tmp_path / "results" / "b", {"FVD": 199.5}, protocol=AVBENCH).write()
    code, _, err = avbench("report", "table1")
    assert code == 4 and "unlike protocols" in err
    code, out, _ = avbench("report", "table1", "--protocol", "avbench")
    assert code == 0 and "199.50" in out and "230.50" not in out


def test_a_choice_that_nothing_fits_tells_what_there_is(avbench, tmp_path):
    Folder(tmp_path / "results" / "a", {"FVD": 230.5}).write()
    code, _, err = avbench("report", "table1", "--dataset", "pets")
    assert code == 2 and "data sets landscape" in err


def test_an_edited_row_is_told_on_standard_error(avbench, tmp_path):
    folder = Folder(tmp_path / "results" / "a", {"FVD": 230.5}, runs=1).write()
    path = folder / "results.csv"
    path.write_text(path.read_text().replace("230.5", "1.5", 1))
    code, out, err = avbench("report", "table1")
    assert code == 0 and "line 2 was changed after it was written" in err
    assert "changed by hand after it was written" in out


def test_a_table_of_opinions_needs_no_evaluation(avbench):
    code, out, _ = avbench("report", "table5")
    assert code == 0 and "Mean opinion scores" in out


def test_the_whole_report_is_a_page_whose_path_is_printed(avbench, tmp_path):
    Folder(tmp_path / "results" / "a", {"FVD": 230.5}).write()
    code, out, err = avbench("report")
    assert code == 0, err
    assert out.strip() == "results/report/index.html"
    assert "230.5" in (tmp_path / out.strip()).read_text()


@pytest.mark.parametrize("command", [("table1",), ("--clips", 0)])
def test_that_the_shipped_literature_is_empty_is_told(avbench, tmp_path, command):
    Folder(tmp_path / "results" / "a", {"FVD": 230.5}).write()
    code, _, err = avbench("report", *command, "--with-literature")
    assert code == 0 and "literature.csv holds no rows yet" in err


def test_the_whole_report_says_what_it_leaves_out(avbench, tmp_path):
    Folder(tmp_path / "results" / "a", {"FVD": 230.5}, note="weights=unverified:aaaaaaaaaaaa").write()
    code, _, err = avbench("report", "--clips", 0)
    assert code == 0 and "weights=unverified:aaaaaaaaaaaa; such rows never enter a paper's table" in err


def test_claims_count_the_parameters_of_our_own_networks(avbench):
    code, out, _ = avbench("report", "claims")
    assert code == 0
    assert "| 115.13M |  | 133,675,524 |" in out and "| 311.03M |  | 311,027,910 | agrees |" in out


def test_figures_of_a_folder_are_drawn_and_tell_what_they_were_made_from(avbench, tmp_path):
    make_movies(tmp_path / "mine", 2)
    code, out, err = avbench("report", "figures", "mine", "--clips", 1, "--frames", 4)
    assert code == 0, err
    (figure,) = out.split()
    assert (tmp_path / figure).is_file()
    told = json.loads((tmp_path / "results/report/figures/figures.json").read_text())
    assert told["made_from"][0]["clipset"] == "mine" and list(told["wrote"]) == [(tmp_path / figure).name]
