import io

import pandas as pd
import pytest
from rich.console import Console

from avbench.errors import UsageError
from reports.tables import rich_tables, to_markdown

NAN = float("nan")


def line(metric: str, method: str, mean: float, **others) -> dict[str, object]:
    known = {
        "dataset": "mydata",
        "method": method,
        "metric": metric,
        "n_reference": 64,
        "n_generated": 32,
        "scale": 1.0,
        "features": "i3d",
        "protocol": "avbench",
        "protocol_hash": "0123456789ab",
        "evaluation": method,
        "mean": mean,
        "sd": mean / 10,
        "se": mean / 20,
        "interval_low": 0.9 * mean,
        "interval_high": 1.1 * mean,
        "interval_note": "",
        "runs": 6,
        "resampled": "reference",
        "note": "",
    }
    return known | others


def table(*lines: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(lines)


def printed(summary: pd.DataFrame, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width)
    for part in rich_tables(summary):
        console.print(part)
    return console.file.getvalue()


def cells(markdown: str) -> list[list[str]]:
    """The cells of the rows beneath the heading."""
    rows = [row for row in markdown.splitlines() if row.startswith("|")][2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_a_row_tells_mean_error_deviation_interval_and_numbers_of_clips():
    markdown = to_markdown(table(line("FVD", "ours", 123.456)))
    assert cells(markdown) == [["FVD", "ours", "123.5", "6.2", "12.3", "[111.1, 135.8]", "64/32", ""]]


def test_the_title_names_data_set_protocol_and_runs():
    assert to_markdown(table(line("FVD", "ours", 1))).startswith("**mydata – protocol avbench (0123456789ab), 6 runs**")


def test_values_of_a_metric_have_the_decimals_of_the_largest():
    rows = cells(to_markdown(table(line("KVD", "ours", 12.3456), line("KVD", "ground truth", 0.0123))))
    assert [row[2] for row in rows] == ["12.35", "0.01"]


def test_a_scale_stands_beside_the_metric():
    rows = cells(to_markdown(table(line("FAD", "ours", 5, scale=1e4), line("X", "ours", 5, scale=2.5))))
    assert [row[0] for row in rows] == ["FAD ×10⁴", "X ×2.5"]


def test_a_single_run_has_no_deviation():
    summary = table(line("FVD", "ours", 5, sd=NAN, runs=1))
    assert cells(to_markdown(summary))[0][4] == "–"
    assert "1 run**" in to_markdown(summary)


def test_a_line_without_error_and_interval_has_dashes_and_says_why():
    unknown = line("FVD", "ours", 5, se=NAN, interval_low=NAN, interval_high=NAN, interval_note="N is small; too small")
    markdown = to_markdown(table(unknown))
    assert cells(markdown)[0][2:6] == ["5.000", "–", "0.500", "–"]
    assert markdown.endswith("¹ no interval: N is small; too small\n")


def test_a_remark_on_an_interval_stands_beneath():
    markdown = to_markdown(table(line("FVD", "ours", 5, interval_note="each clip counts as one")))
    assert markdown.endswith("¹ each clip counts as one\n")


def test_a_negative_value_has_a_true_minus():
    assert cells(to_markdown(table(line("KVD", "ground truth", -0.5))))[0][2] == "−0.5000"


def test_notes_stand_once_beneath_and_rows_point_to_them():
    summary = table(
        line("FVD", "ours", 2, note="biased; too few"), line("FVD", "theirs", 1, note="too few"), line("FVD", "none", 1)
    )
    markdown = to_markdown(summary)
    assert [row[-1] for row in cells(markdown)] == ["¹ ²", "²", ""]
    assert markdown.endswith("¹ biased<br>² too few\n")


def test_a_note_read_from_csv_may_be_missing():
    assert cells(to_markdown(table(line("FVD", "ours", 2, note=NAN))))[0][-1] == ""


def test_several_data_sets_have_a_column():
    rows = cells(to_markdown(table(line("FVD", "ours", 2), line("FVD", "ours", 3, dataset="other"))))
    assert [row[0] for row in rows] == ["mydata", "other"]


def test_the_ground_truth_of_two_evaluations_stands_once():
    summary = table(
        line("FVD", "a", 3, evaluation="x"),
        line("FVD", "ground truth", 1, evaluation="x"),
        line("FVD", "b", 2, evaluation="y"),
        line("FVD", "ground truth", 1, evaluation="y"),
    )
    assert [row[1] for row in cells(to_markdown(summary))] == ["a", "ground truth", "b"]


def test_rows_of_unlike_protocols_never_stand_in_one_table():
    mixed = table(line("FVD", "a", 3), line("FVD", "a", 2, protocol="published", protocol_hash="ffff"))
    with pytest.raises(UsageError, match=r"avbench \(0123456789ab\), published \(ffff\)"):
        to_markdown(mixed)
    assert len(rich_tables(mixed)) == 2


def test_a_table_of_one_data_set_fits_a_terminal_of_80_columns():
    text = printed(
        table(
            line("FVD[transnetv2]", "ground truth", 0.1234, n_reference=2048, n_generated=2048, note="biased; too few"),
            line("FAD[aisfx]", "ours", 1, scale=1e4),
        )
    )
    assert "FVD[transnetv2] ground truth 0.1234 0.0062 0.0123 [0.1111, 0.1357] 2048/2048 ¹ ²" in text
    assert max(map(len, text.splitlines())) <= 80


def test_names_with_brackets_are_not_taken_for_markup():
    assert "[red]" in printed(table(line("FVD", "[red]", 1)))
