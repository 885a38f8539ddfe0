import pytest

from avbench.errors import UsageError
from reports.paper_rows import Column, paper_dataset, paper_row, paper_tables


def test_eighty_numbers_stand_in_six_tables():
    tables = paper_tables()
    assert list(tables) == [1, 2, 3, 4, 5, 6]
    assert sum(len(row.published) for table in tables.values() for row in table.rows) == 80


def test_a_row_is_found_by_its_id():
    row = paper_row("table1:7")
    assert (row.method, row.published[Column("", "FVD")]) == ("Ours", 229.08)


def test_rows_of_the_ablations_are_told_apart_by_what_they_vary():
    assert paper_row("table3:4").windows == (1, 4, 8)
    assert (paper_row("table4:1").random_shift, paper_row("table4:2").random_shift) == (False, True)
    assert paper_row("table4:2").published[Column("100k", "FAD")] == 9.10


def test_table_3_without_a_named_shift_agrees_with_table_4_without_shift():
    third, fourth = paper_row("table3:4").published, paper_row("table4:1").published
    assert third[Column("", "FVD")] == fourth[Column("80k", "FVD")]
    assert third[Column("", "FAD")] == fourth[Column("80k", "FAD")]


def test_columns_of_the_studies_are_shared_out_to_data_sets():
    assert [column.group for column in paper_tables()[5].columns] == ["Landscape"] * 3 + ["AIST++"] * 3


def test_distances_are_better_when_lower_and_opinions_when_higher():
    assert Column("", "FVD").better == "lower"
    assert Column("Landscape", "VQ").better == "higher"


@pytest.mark.parametrize(
    ("name", "published"), [("landscape", "Landscape"), ("aist", "AIST++"), ("AIST++", "AIST++"), ("mine", "")]
)
def test_data_sets_are_known_by_the_beginning_of_their_names(name, published):
    assert paper_dataset(name) == published


def test_an_unknown_row_is_refused():
    with pytest.raises(UsageError, match="no row table1:9"):
        paper_row("table1:9")
