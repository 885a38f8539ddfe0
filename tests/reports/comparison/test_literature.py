import pytest

from avbench.errors import DataError
from reports.comparison.literature import COLUMNS, cite, literature_lines, read_literature
from reports.comparison.table import Notes, compare
from reports.comparison.writers import WRITERS
from reports.paper_rows import paper_tables


def file_of(tmp_path, *lines: str):
    path = tmp_path / "literature.csv"
    path.write_text("".join(f"{line}\n" for line in (",".join(COLUMNS), *lines)))
    return path


def test_the_file_that_is_shipped_holds_only_quoted_rows():
    assert all(mention.quote and mention.source for mention in read_literature())


def test_a_number_stands_on_the_table_of_its_data_set_with_what_is_unknown(tmp_path):
    mentions = read_literature(file_of(tmp_path, 'Other,Landscape,FVD,100.5,,64,,"A 2024, table 2","We reach 100.5."'))
    notes = Notes()
    (line,) = literature_lines(paper_tables()[1], mentions, notes)
    assert (line.label, line.cells[0].published) == ("Other", 100.5)
    assert notes.texts == ["protocol unknown, 64 pixels", "A 2024, table 2"]
    assert literature_lines(paper_tables()[2], mentions, notes) == ()


@pytest.mark.parametrize("kind", ["csv", "md", "latex"])
def test_every_format_tells_the_number_its_source_and_that_the_protocol_is_unknown(tmp_path, kind):
    mentions = read_literature(file_of(tmp_path, 'Other,Landscape,FVD,100.5,,,,"A 2024, table 2","We reach 100.5."'))
    text = WRITERS[kind](cite(compare(paper_tables()[1], []), mentions), {})
    assert all(told in text for told in ("Other", "100.5", "A 2024, table 2", "protocol unknown"))


def test_a_row_without_the_sentence_that_was_read_is_refused(tmp_path):
    with pytest.raises(DataError, match="line 2: a row needs the sentence that was read and its source"):
        read_literature(file_of(tmp_path, "Other,Landscape,FVD,100.5,,,,A 2024,"))


def test_a_value_must_be_a_number(tmp_path):
    with pytest.raises(DataError, match='line 2: "about 100" is not a number'):
        read_literature(file_of(tmp_path, "Other,Landscape,FVD,about 100,,,,A 2024,We reach about 100."))


def test_a_missing_column_is_named(tmp_path):
    path = tmp_path / "literature.csv"
    path.write_text("method,value\n")
    with pytest.raises(DataError, match="the column dataset is missing"):
        read_literature(path)
