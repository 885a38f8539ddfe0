import json

import pandas as pd
import pytest
from results_folders import Folder

from avbench.errors import DataError, UsageError
from reports.comparison.scored import Scored, read_results


def of(results, method: str) -> Scored:
    (found,) = [one for one in results.scored if one.method == method]
    return found


def replaced(path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_an_evaluation_gives_its_model_and_the_ground_truth(tmp_path):
    Folder(tmp_path / "a", {"FVD": 200.0, "FAD": 9.0}, se=2.0).write()
    results = read_results(tmp_path)
    ours = of(results, "ours")
    assert ours.scores["FVD"].value == pytest.approx(200)
    assert ours.scores["FVD"].low == pytest.approx(200 - 1.96 * 2)
    assert of(results, "ground-truth").is_ground_truth
    assert not results.warnings


def test_every_file_that_was_read_is_named_with_its_hash(tmp_path):
    folder = Folder(tmp_path / "a", {"FVD": 200.0}).write()
    assert list(read_results(tmp_path).files) == [
        str(folder / name) for name in ("results.csv", "summary.csv", "provenance.json")
    ]


def test_what_made_the_set_is_known_from_the_provenance(tmp_path):
    Folder(tmp_path / "a", {"FVD": 200.0}).write()
    made = of(read_results(tmp_path), "ours").made
    assert (made.model, made.step, made.solver, made.windows) == ("mm-diffusion", 100_000, "dpm", (1, 4, 8))


def test_what_made_the_set_is_else_read_from_the_set_and_its_run(tmp_path):
    generated = tmp_path / "runs" / "mine" / "samples" / "dpm20"
    generated.mkdir(parents=True)
    settings = {
        "network": {"run": "mine", "model": "video-only", "step": 7},
        "sampling": {"solver": "ddim", "steps": 50},
    }
    (generated / "clipset.json").write_text(json.dumps({"made": {"command": "sample", "settings": settings}}))
    (tmp_path / "runs" / "mine" / "config.toml").write_text('preset = "tiny"\n[network]\nwindows = [1, 4]\n')
    Folder(tmp_path / "results" / "a", {"FVD": 200.0}, made={}, generated=generated).write()
    made = of(read_results(tmp_path / "results"), "ours").made
    assert (made.model, made.step, made.evaluations, made.preset, made.windows) == ("video-only", 7, 50, "tiny", (1, 4))


def test_no_results_say_what_to_run(tmp_path):
    with pytest.raises(UsageError, match=r"no results yet; make some with `avbench eval"):
        read_results(tmp_path)


def test_an_unfinished_evaluation_is_passed_over_and_named(tmp_path):
    Folder(tmp_path / "a", {"FVD": 200.0}).write()
    (Folder(tmp_path / "b", {"FVD": 200.0}, method="b").write() / "summary.csv").unlink()
    results = read_results(tmp_path)
    assert {one.folder.name for one in results.scored} == {"a"}
    assert "b: there is no summary.csv" in results.warnings[0]


def test_a_line_that_was_edited_is_flagged_with_its_number(tmp_path):
    folder = Folder(tmp_path / "a", {"FVD": 200.0, "FAD": 9.0}, runs=1).write()
    replaced(folder / "results.csv", "200.0", "100.0")
    results = read_results(tmp_path)
    scores = of(results, "ours").scores
    assert (scores["FVD"].edited, scores["FAD"].edited) == (True, False)
    assert "results.csv: line 2 was changed after it was written" in results.warnings[0]


def test_an_edited_summary_is_flagged(tmp_path):
    folder = Folder(tmp_path / "a", {"FVD": 200.0}, runs=1).write()
    replaced(folder / "summary.csv", "200.0", "100.0")
    results = read_results(tmp_path)
    assert of(results, "ours").scores["FVD"].edited
    assert "FVD is 100, but the runs in results.csv have a mean of 200" in results.warnings[0]


def test_a_value_that_is_no_number_is_told_and_does_not_count(tmp_path):
    Folder(tmp_path / "a", {"FVD": float("nan")}).write()
    results = read_results(tmp_path)
    assert "FVD of ours is not a number" in results.warnings[0]
    assert not of(results, "ours").scores["FVD"].counts


@pytest.mark.parametrize(("file", "column"), [("results.csv", "weights_sha256"), ("summary.csv", "n_generated")])
def test_a_missing_column_is_named(tmp_path, file, column):
    folder = Folder(tmp_path / "a", {"FVD": 200.0}).write()
    pd.read_csv(folder / file).drop(columns=column).to_csv(folder / file, index=False)
    with pytest.raises(DataError, match=f"{file}: the column {column} is missing"):
        read_results(tmp_path)


@pytest.mark.parametrize("file", ["results.csv", "summary.csv"])
def test_a_row_that_stands_twice_is_refused_with_its_line(tmp_path, file):
    folder = Folder(tmp_path / "a", {"FVD": 200.0}, runs=1).write()
    lines = (folder / file).read_text().splitlines(keepends=True)
    (folder / file).write_text("".join([*lines, lines[1]]))
    with pytest.raises(DataError, match=rf"{file}: line 4 repeats a row .*method ours"):
        read_results(tmp_path)


def test_a_summary_of_an_evaluation_that_nothing_tells_of_is_refused(tmp_path):
    folder = Folder(tmp_path / "a", {"FVD": 200.0}).write()
    (folder / "provenance.json").write_text('{"evaluations": {}}')
    with pytest.raises(DataError, match="does not tell of the evaluation ours0"):
        read_results(tmp_path)
