"""Verification says of a results folder "same", or at which step it differs."""

import csv
import json
import os
import shutil
import sqlite3

import numpy as np
import pandas as pd
import pytest
from tiny import TINY, make_movies, register_tiny_extractors

import avbench
from avbench.errors import DataError, UsageError
from avbench.results import _digest
from avbench.verify import verify_results


@pytest.fixture(scope="module")
def movies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("movies")
    make_movies(folder / "real", 8, seed=1, seconds=3.2, size=16)
    make_movies(folder / "made", 6, seed=2, size=16)
    return folder


@pytest.fixture
def results(movies, tmp_path, monkeypatch):
    """A results folder, and copies of its clip sets that a test may change."""
    register_tiny_extractors()
    monkeypatch.chdir(tmp_path)
    for name in ("real", "made"):
        shutil.copytree(movies / name, tmp_path / name)
    settings = {"protocol": "avbench", "features": TINY, "samples": 6, "runs": 2}
    return avbench.evaluate(tmp_path / "real", tmp_path / "made", **settings).folder


def outcomes(checks):
    return {(check.step, check.outcome) for check in checks}


def different(checks):
    return [(check.step, check.told) for check in checks if check.outcome == "different"]


def test_an_untouched_folder_is_the_same_at_every_step(results):
    checks = verify_results(results)
    assert outcomes(checks) == {(step, "same") for step in ("clips", "features", "rows", "summary")}


def test_the_published_protocol_is_verified_too_although_features_depend_on_batches(results, tmp_path):
    settings = {"protocol": "published", "features": TINY, "samples": 8, "runs": 1}
    folder = avbench.evaluate(tmp_path / "real", tmp_path / "made", **settings).folder
    assert not different(verify_results(folder))


def test_nothing_is_written_into_the_folder(results):
    before = {path.name: path.read_bytes() for path in results.iterdir() if path.is_file()}
    verify_results(results)
    assert {path.name: path.read_bytes() for path in results.iterdir() if path.is_file()} == before


def test_another_clip_in_a_set_is_told(results, tmp_path):
    make_movies(tmp_path / "more", 1, seed=9, size=16)
    shutil.copy(tmp_path / "more" / "clip000.mp4", tmp_path / "made" / "new.mp4")
    checks = verify_results(results)
    ((step, told),) = different(checks)
    assert step == "clips" and "6 clips then, 7 now" in told
    assert ("rows", "not checked") in outcomes(checks)


def test_a_file_whose_bytes_changed_behind_its_size_and_time_is_told(results, tmp_path):
    file = tmp_path / "made" / "clip000.mp4"
    times, content = file.stat(), bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    ((step, told),) = different(verify_results(results))
    assert step == "clips" and "1 file(s) have changed" in told and "clip000.mp4" in told


def test_a_set_that_is_gone_leaves_rows_unchecked_and_the_summary_checked(results, tmp_path):
    shutil.rmtree(tmp_path / "made")
    checks = verify_results(results)
    assert outcomes(checks) >= {("clips", "not checked"), ("rows", "not checked"), ("summary", "same")}
    assert not different(checks)


def test_features_that_somebody_changed_in_the_cache_are_told(results, own_home):
    for file in (own_home / "features").glob("*.sqlite"):
        database = sqlite3.connect(file)
        rows = database.execute("SELECT content, data FROM rows").fetchall()
        for content, data in rows:
            changed = (np.frombuffer(data, "<f4") * 1.5).tobytes()
            database.execute("UPDATE rows SET data = ? WHERE content = ?", (changed, content))
        database.commit()
        database.close()
    assert different(verify_results(results))[0][0] == "features"


def test_a_row_that_was_edited_by_hand_is_told_with_its_line(results):
    path = results / "results.csv"
    lines = path.read_text().splitlines()
    cells = next(csv.reader([lines[2]]))
    path.write_text("\n".join([*lines[:2], lines[2].replace(cells[5], "1.25", 1), *lines[3:]]) + "\n")
    told = different(verify_results(results))
    assert {step for step, _ in told} == {"rows"}
    assert any("1 row(s) were changed" in text and "line 3" in text for _, text in told)


def _first_value_becomes(results, change):
    """Another value in the first row, and the hash that belongs to it."""
    path = results / "results.csv"
    heading, *lines = list(csv.reader(path.read_text().splitlines()))
    place = heading.index("value")
    lines[0][place] = str(change(float(lines[0][place])))
    lines[0][-1] = _digest(lines[0][:-1])
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([heading, *lines])


def test_a_value_that_was_changed_together_with_its_hash_does_not_come_out_again(results):
    _first_value_becomes(results, lambda value: 1.25)
    assert ("rows", "different") in outcomes(verify_results(results))


def test_a_value_that_another_number_of_threads_rounds_otherwise_is_the_same(results):
    _first_value_becomes(results, lambda value: value * (1 + 1e-7))
    assert ("rows", "same") in outcomes(verify_results(results))


def test_a_changed_summary_is_told_with_the_line_and_both_values(results):
    path = results / "summary.csv"
    summary = pd.read_csv(path)
    summary.loc[0, "mean"] = 1.25
    summary.to_csv(path, index=False)
    ((step, told),) = different(verify_results(results))
    assert step == "summary" and "mean of method" in told and "1.25 there" in told


def test_a_removed_row_is_told(results):
    path = results / "results.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    assert any(step == "rows" and "lacks" in told for step, told in different(verify_results(results)))


def test_rows_of_an_evaluation_that_provenance_does_not_know_are_told(results):
    path = results / "provenance.json"
    told = json.loads(path.read_text())
    (known,) = told["evaluations"].values()
    path.write_text(json.dumps({"evaluations": {"0" * 12: known}}))
    assert any("provenance.json does not know it" in text for _, text in different(verify_results(results)))


def test_a_missing_column_is_named(results):
    path = results / "results.csv"
    path.write_text(path.read_text().replace("protocol_hash", "protocol_sum", 1))
    with pytest.raises(DataError, match="lacks the column protocol_hash"):
        verify_results(results)


def test_a_folder_that_holds_no_results_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no results folder"):
        verify_results(tmp_path)
