"""Cells of text as numbers, times and answers."""

from datetime import UTC, datetime

import pytest

from reports.study.ingest import values


@pytest.mark.parametrize(
    ("cell", "hour"),
    [("Thu Mar 06 10:05:00 PST 2025", 18), ("Thu Mar 06 10:05:00 PDT 2025", 17), ("Thu Mar 06 10:05:00 UTC 2025", 10)],
)
def test_mechanical_turks_times_are_brought_to_utc(cell, hour):
    assert values.mturk_time(cell) == datetime(2025, 3, 6, hour, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "cell",
    ["", "yesterday", "Thu Mar 06 10:05:00 XYZ 2025", "Thu Foo 06 10:05:00 PST 2025", "Thu Feb 31 10:05:00 PST 2025"],
)
def test_a_time_that_is_none_is_not_guessed(cell):
    assert values.mturk_time(cell) is None


def test_iso_times_without_a_zone_are_utc():
    assert values.iso_time("2025-03-06T10:05:00") == values.iso_time("2025-03-06T11:05:00+01:00")


@pytest.mark.parametrize(
    ("cell", "answer"), [("4.0", "4"), (" Machine ", "machine"), ("4.5", "4.5"), ("", ""), ("5", "5"), ("10", "10")]
)
def test_answers_lose_blanks_case_and_a_point_zero(cell, answer):
    assert values.answer(cell) == answer


@pytest.mark.parametrize("cell", ["", "-1", "nan", "inf", "many"])
def test_numbers_are_finite_and_not_negative(cell):
    assert values.number(cell) is None
    assert values.count(cell) is None


def test_counts_are_whole():
    assert (values.count("2.0"), values.count("2.5")) == (2, None)
