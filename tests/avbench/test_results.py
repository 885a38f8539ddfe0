import dataclasses

import pandas as pd
import pytest

from avbench.results import COLUMNS, Results, Row, summarise

ROW = Row(
    dataset="real", method="made", metric="FVD", run=0, seed=0, value=1.5, scale=1.0, n_reference=8, n_generated=8,
    features="i3d", weights_sha256="ab", protocol="published", protocol_hash="cd", resampled="none",
    note='a note, with "quotes"', avbench_version="0", evaluation="ef",
)  # fmt: skip


def rows(**values: list[float]) -> list[Row]:
    return [
        dataclasses.replace(ROW, metric=metric, run=run, value=value)
        for metric, of_metric in values.items()
        for run, value in enumerate(of_metric)
    ]


def test_rows_come_back_as_they_were_written(tmp_path):
    results = Results(tmp_path)
    results.append([ROW])
    (row,) = Results(tmp_path).rows("ef").to_dict("records")
    assert {name: row[name] for name in COLUMNS[:-1]} == dataclasses.asdict(ROW)


def test_a_half_written_last_line_is_left_out(tmp_path, caplog):
    results = Results(tmp_path)
    results.append(rows(FVD=[1.0, 2.0]))
    path = tmp_path / "results.csv"
    path.write_text(path.read_text()[:-10])
    assert list(results.rows("ef")["value"]) == [1.0]
    assert "1 row(s) were changed" in caplog.text


def test_rows_of_the_same_run_and_metric_take_each_others_place(tmp_path):
    results = Results(tmp_path)
    results.append(rows(FVD=[1.0, 2.0]))
    results.append(rows(FVD=[3.0]))
    assert sorted(results.rows("ef")["value"]) == [2.0, 3.0]
    assert results.counts("ef", 0) == {"FVD": 1}


def test_evaluations_are_kept_apart(tmp_path):
    results = Results(tmp_path)
    results.append([ROW])
    results.append([dataclasses.replace(ROW, evaluation="other", value=9.0)])
    assert list(results.rows("ef")["value"]) == [1.5]
    results.remove("ef")
    assert results.rows("ef").empty and list(results.rows("other")["value"]) == [9.0]


def test_the_summary_has_the_sample_deviation_and_students_interval(tmp_path):
    results = Results(tmp_path)
    results.append(rows(FVD=[1.0, 2.0, 3.0], KVD=[5.0, 5.0, 5.0]))
    summary = summarise(results.rows("ef")).set_index("metric")
    assert summary.loc["FVD", "mean"] == 2 and summary.loc["FVD", "sd"] == 1
    assert summary.loc["FVD", "ci_high"] == pytest.approx(2 + 4.302653 / 3**0.5)  # t(0.975, 2)
    assert summary.loc["KVD", "ci_low"] == 5


def test_one_run_has_no_deviation(tmp_path):
    results = Results(tmp_path)
    results.append([ROW])
    assert pd.isna(summarise(results.rows("ef"))["sd"][0])
