import pytest

from avbench.errors import DataError
from reports.comparison.studies import compare_opinions, read_opinions
from reports.comparison.table import Cell, Comparison
from reports.paper_rows import Column, paper_tables

HEADER = "study_id,dataset,method,metric,value,low,high,n,screened\n"


def study(root, name: str, *lines: str, header: str = HEADER) -> None:
    folder = root / name / "report"
    folder.mkdir(parents=True)
    (folder / "scores.csv").write_text(header + "".join(f"{line}\n" for line in lines))


def cell(comparison: Comparison, method: str, column: Column) -> Cell:
    (line,) = [line for line in comparison.lines if line.label == method]
    return line.cells[comparison.table.columns.index(column)]


def test_opinions_stand_beside_the_published_ones(tmp_path):
    study(tmp_path, "a", "a,landscape,ours,VQ,3.60,3.5,3.7,2500,0")
    found = cell(compare_opinions(paper_tables()[5], read_opinions(tmp_path).lines), "Ours", Column("Landscape", "VQ"))
    assert (found.published, found.ours.value, found.difference) == (3.75, 3.6, pytest.approx(-0.15))
    assert found.marks == ()


def test_fewer_votes_and_screened_ones_are_marked(tmp_path):
    study(tmp_path, "a", "a,aist,two-stage,AQ,2.0,1.9,2.1,100,5")
    comparison = compare_opinions(paper_tables()[5], read_opinions(tmp_path).lines)
    marks = cell(comparison, "2-Stage", Column("AIST++", "AQ")).marks
    assert [comparison.notes[mark - 1] for mark in marks] == [
        "100 votes, not 2,500",
        "5 votes screened out; the paper tells of no screening",
    ]


def test_the_turing_test_has_its_own_table(tmp_path):
    study(tmp_path, "a", "a,landscape,real,turing_pass_percent,90.5,88,92,2500,0")
    column = Column("Landscape", "turing_pass_percent")
    lines = read_opinions(tmp_path).lines
    assert cell(compare_opinions(paper_tables()[6], lines), "Ground-truth", column).ours.value == 90.5
    assert not compare_opinions(paper_tables()[5], lines).is_filled


def test_a_method_that_the_paper_lacks_is_a_row_at_the_end(tmp_path):
    study(tmp_path, "a", "a,landscape,mine,VQ,4.0,,,2500,0")
    comparison = compare_opinions(paper_tables()[5], read_opinions(tmp_path).lines)
    assert comparison.lines[-1].label == "mine"


def test_a_data_set_without_columns_is_left_out_by_name(tmp_path):
    study(tmp_path, "a", "a,pets,ours,VQ,4.0,,,2500,0")
    comparison = compare_opinions(paper_tables()[5], read_opinions(tmp_path).lines)
    assert comparison.left_out == ("data set pets: the paper's table has no columns for it",)


def test_without_a_study_the_published_numbers_stand_alone(tmp_path):
    comparison = compare_opinions(paper_tables()[5], read_opinions(tmp_path).lines)
    assert not comparison.is_filled
    assert len(comparison.lines) == 3


def test_two_studies_for_one_cell_are_refused_by_name(tmp_path):
    for name in ("a", "b"):
        study(tmp_path, name, f"{name},landscape,ours,VQ,4.0,,,2500,0")
    with pytest.raises(DataError, match="the studies a, b all give VQ of Ours on Landscape"):
        compare_opinions(paper_tables()[5], read_opinions(tmp_path).lines)


def test_a_missing_column_is_named(tmp_path):
    study(tmp_path, "a", "a,landscape", header="study_id,dataset\n")
    with pytest.raises(DataError, match=r"scores\.csv: the column method is missing"):
        read_opinions(tmp_path)
