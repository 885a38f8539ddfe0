"""Mechanical Turk's downloads in all the shapes they come in."""

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from golden_study import GOLDEN, STUDY_ID, golden_pages, keyed

from avbench.errors import DataError
from reports.study.ingest.adapters import read_answers
from reports.study.ingest.rules import judge

Row = dict[str, str]


@pytest.fixture
def rows() -> list[Row]:
    with (GOLDEN / "answers.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def written(path: Path, rows: Iterable[Row], *, encoding: str = "utf-8", delimiter: str = ",", end: str = "\n") -> Path:
    rows = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def without(*wanted: Callable[[str], bool]) -> Callable[[Row], Row]:
    return lambda row: {name: cell for name, cell in row.items() if not any(drop(name) for drop in wanted)}


@pytest.mark.parametrize(
    "how",
    [{"encoding": "utf-8-sig", "end": "\r\n"}, {"delimiter": "\t"}],
    ids=["Windows spreadsheet", "tab-separated"],
)
def test_other_spellings_of_the_table_hold_the_same_votes(tmp_path, rows, how):
    path = written(tmp_path / "batch.csv", rows, **how)
    again = judge([("a", read_answers(path, STUDY_ID))], keyed())
    first = judge([("a", read_answers(GOLDEN / "answers.csv", STUDY_ID))], keyed())
    assert again.votes.equals(first.votes)
    assert again.defects == first.defects


def test_columns_are_found_by_name_wherever_they_stand(tmp_path, rows):
    shuffled = [dict(sorted(row.items(), reverse=True)) for row in rows]
    path = written(tmp_path / "batch.csv", shuffled)
    assert read_answers(path, STUDY_ID) == read_answers(GOLDEN / "answers.csv", STUDY_ID)


def test_results_without_input_columns_are_joined_by_hit(tmp_path, rows):
    pages = golden_pages()
    ours = [row for row in rows if row["Input.study_id"] == STUDY_ID]
    published = {row["HITId"]: (row["Input.page_id"], *pages[row["Input.page_id"]]) for row in ours}
    bare = written(tmp_path / "api.csv", map(without(lambda name: name.startswith("Input.")), ours))
    joined = judge([("a", read_answers(bare, STUDY_ID, published))], keyed())
    whole = judge([("a", read_answers(written(tmp_path / "whole.csv", ours), STUDY_ID))], keyed())
    # One clip of the example's results was altered after it was published, which a join does not see.
    assert joined.rows == whole.rows
    assert joined.votes_in == whole.votes_in
    assert len(joined.votes) == len(whole.votes) + whole.votes_dropped["unknown_clip"]


def test_results_without_input_columns_and_without_the_record_are_refused(tmp_path, rows):
    bare = written(tmp_path / "api.csv", map(without(lambda name: name.startswith("Input.")), rows))
    with pytest.raises(DataError, match="no Input columns.*--published"):
        read_answers(bare, STUDY_ID)
    with pytest.raises(DataError, match="row 2: the HIT .* is not in the table of published HITs"):
        read_answers(bare, STUDY_ID, {})


def test_a_missing_answer_column_drops_its_votes_and_is_noted(tmp_path, rows):
    path = written(tmp_path / "batch.csv", map(without(lambda name: name == "Answer.q3"), rows))
    judged = judge([("a", read_answers(path, STUDY_ID))], keyed())
    noted = [defect for defect in judged.defects if defect.effect == "noted" and defect.reason == "missing_column"]
    assert [(defect.row, defect.column) for defect in noted] == [(None, "Answer.q3")]
    assert judged.votes_dropped["missing_column"] > 50


@pytest.mark.parametrize("column", ["AssignmentId", "WorkerId", "SubmitTime", "Input.study_id"])
def test_a_column_without_which_no_row_can_be_read_is_an_error(tmp_path, rows, column):
    path = written(tmp_path / "batch.csv", map(without(lambda name: name == column), rows))
    with pytest.raises(DataError, match=f"missing_column.*{column}"):
        read_answers(path, STUDY_ID)


def test_without_item_times_the_pages_time_is_shared_out(tmp_path, rows):
    path = written(tmp_path / "batch.csv", map(without(lambda name: name.startswith("Answer.s")), rows[:1]))
    vote = read_answers(path, STUDY_ID).submissions[0].votes[0]
    assert vote.seconds == pytest.approx(float(rows[0]["WorkTimeInSeconds"]) / 11)


def test_two_options_of_a_radio_group_are_no_answer(tmp_path):
    with (GOLDEN / "answers_crowd.csv").open(newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["Input.task"] == "video_quality")
    path = written(tmp_path / "batch.csv", [row | {"Answer.q1.4": "true", "Answer.q1.5": "true"}])
    judged = judge([("a", read_answers(path, STUDY_ID))], keyed())
    assert judged.votes_dropped.get("invalid") == 1


def test_unreadable_times_and_numbers_are_noted_and_the_vote_is_used(tmp_path, rows):
    row = rows[0] | {"SubmitTime": "soon", "Answer.s1": "quick"}
    judged = judge([("a", read_answers(written(tmp_path / "batch.csv", [row]), STUDY_ID))], keyed())
    noted = {(d.row, d.column, d.value) for d in judged.defects if d.reason == "invalid" and d.effect == "noted"}
    assert noted == {(2, "SubmitTime", "soon"), (2, "Answer.s1", "quick")}
    assert len(judged.votes) == 11
