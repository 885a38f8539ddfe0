import dataclasses

import numpy as np
import pytest
from results_folders import Folder, sampled

from avbench.errors import DataError
from avbench.protocol import AVBENCH, PUBLISHED
from avbench.statistics.estimate import Estimate
from reports.comparison.scored import read_results
from reports.comparison.table import Cell, Comparison, compare
from reports.paper_rows import Column, paper_tables

FVD, KVD, FAD = (Column("", metric) for metric in ("FVD", "KVD", "FAD"))


def compared(root, number: int = 1, **settings) -> Comparison:
    return compare(paper_tables()[number], read_results(root).scored, **settings)


def cell(comparison: Comparison, row: int, column: Column = FVD) -> Cell:
    line = next(line for line in comparison.lines if line.id == f"table{comparison.table.number}:{row}")
    return line.cells[comparison.table.columns.index(column)]


def notes(comparison: Comparison, row: int) -> set[str]:
    line = next(line for line in comparison.lines if line.id == f"table{comparison.table.number}:{row}")
    marks = {*line.marks, *(mark for one in line.cells for mark in one.marks)}
    return {comparison.notes[mark - 1] for mark in marks}


def filled(comparison: Comparison) -> set[int]:
    return {int(line.id.rpartition(":")[2]) for line in comparison.lines if any(one.ours for one in line.cells)}


def test_our_number_stands_beside_the_published_one_with_the_difference(tmp_path):
    Folder(tmp_path / "a", {"FVD": 230.08}).write()
    found = cell(compared(tmp_path), 7)
    assert (found.published, found.ours.value) == (229.08, pytest.approx(230.08))
    assert found.difference == pytest.approx(1.0)


def test_what_was_not_run_stays_empty(tmp_path):
    Folder(tmp_path / "a", {"FVD": 230.0}).write()
    assert filled(compared(tmp_path)) == {1, 7}


def test_an_evaluation_like_the_papers_bears_no_mark(tmp_path):
    Folder(tmp_path / "a", {"FVD": 230.0}).write()
    assert notes(compared(tmp_path), 7) == set()


@pytest.mark.parametrize(
    ("made", "row"),
    [
        (sampled(), 7),
        (sampled(solver="ddpm", steps=1000), 8),
        (sampled("video-only"), 5),
        (sampled("diffwave", windows=None, random_shift=None), 4),
    ],
)
def test_the_row_follows_from_the_model_and_its_solver(tmp_path, made, row):
    Folder(tmp_path / "a", {"FVD": 230.0}, made=made).write()
    assert filled(compared(tmp_path)) == {1, row}


@pytest.mark.parametrize("made", [sampled(solver="ddpm", steps=50), sampled(solver="ddim"), sampled(windows=[4, 4, 4])])
def test_what_the_paper_has_no_row_for_fills_none(tmp_path, made):
    Folder(tmp_path / "a", {"FVD": 230.0}, made=made).write()
    assert filled(compared(tmp_path)) == {1}


def test_clips_from_elsewhere_are_placed_by_their_name_and_say_so(tmp_path):
    Folder(tmp_path / "a", {"FVD": 300.0}, method="digan", made={}).write()
    comparison = compared(tmp_path)
    assert filled(comparison) == {1, 2}
    assert notes(comparison, 2) == {"matched by name only: nothing tells how the clips were made"}


def test_aist_has_its_own_table(tmp_path):
    Folder(tmp_path / "a", {"FVD": 180.0}, dataset="aist").write()
    assert filled(compared(tmp_path, 1)) == set()
    assert filled(compared(tmp_path, 2)) == {1, 7}


def test_windows_without_shift_after_80k_steps_fill_table_3(tmp_path):
    Folder(
        tmp_path / "a", {"FVD": 360.0}, runs=1, made=sampled(step=80_000, windows=[4, 4, 4], random_shift=False)
    ).write()
    assert filled(compared(tmp_path, 3)) == {2}


def test_a_step_of_training_is_a_column_of_table_4(tmp_path):
    for step in (60_000, 100_000):
        Folder(tmp_path / f"{step}", {"FVD": step / 200}, made=sampled(step=step), runs=1, method=f"at{step}").write()
    comparison = compared(tmp_path, 4)
    values = [cell(comparison, 2, Column(group, "FVD")).ours for group in ("60k", "80k", "100k")]
    assert [score and score.value for score in values] == [pytest.approx(300), None, pytest.approx(500)]


def test_the_longest_training_stands_in_table_1(tmp_path):
    for step in (60_000, 100_000):
        Folder(tmp_path / f"{step}", {"FVD": step / 200}, made=sampled(step=step), method=f"at{step}").write()
    assert cell(compared(tmp_path), 7).ours.value == pytest.approx(500)


def test_a_stamp_goes_before_what_the_set_looks_like(tmp_path):
    stamp = {"table": 1, "row": 8, "preset": "tiny", "smoke": False}
    Folder(tmp_path / "a", {"FVD": 230.0}, dataset="synthetic", stamp=stamp).write()
    comparison = compared(tmp_path)
    assert filled(comparison) == {1, 8}
    assert "data set synthetic, not Landscape" in notes(comparison, 8)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"runs": 2}, "2 runs, not 6"),
        ({"n": 100}, "N = 100 clips, not 2048"),
        ({"protocol": AVBENCH}, "protocol avbench"),
        ({"protocol": dataclasses.replace(PUBLISHED, size=32)}, "32 pixels, not 64"),
        ({"made": sampled(step=50_000)}, "50,000 training steps, not 100,000"),
        ({"made": sampled(solver="dpm++")}, "solver dpm++, not DPM-Solver"),
        ({"note": "generated repeated 2 times"}, "generated repeated 2 times"),
    ],
)
def test_what_differs_from_the_paper_is_marked(tmp_path, changes, told):
    Folder(tmp_path / "a", {"FVD": 230.0}, **changes).write()
    assert notes(compared(tmp_path), 7) == {told}


def test_the_best_is_the_lowest_and_the_ground_truth_no_competitor(tmp_path):
    Folder(tmp_path / "a", {"FVD": 230.0}, se=1.0).write()
    Folder(tmp_path / "b", {"FVD": 120.0}, se=1.0, made=sampled(solver="ddpm", steps=1000), method="full").write()
    comparison = compared(tmp_path)
    assert [cell(comparison, row).best for row in (1, 7, 8)] == [False, False, True]
    assert [cell(comparison, row).published_best for row in (1, 7, 8)] == [False, False, True]


def test_what_the_interval_does_not_tell_apart_is_best_together(tmp_path):
    Folder(tmp_path / "a", {"FVD": 123.0}, se=2.0).write()
    Folder(tmp_path / "b", {"FVD": 120.0}, se=2.0, made=sampled(solver="ddpm", steps=1000), method="full").write()
    comparison = compared(tmp_path)
    assert cell(comparison, 7).best and cell(comparison, 8).best


def shaken(method: str, value: float, *, seed: int = 0, n: int = 2048) -> Estimate:
    """How a value moves without each of 32 groups of source videos: by what the reference owes, alike for all."""
    left_out = tuple(value + step for step in np.random.default_rng(seed).normal(size=32))
    return Estimate(
        dataset="landscape", method=method, metric="KVD", better="lower", n_reference=n, n_generated=n, runs=6,
        kind="unbiased", value=value, left_out=left_out, shares=(1 / 32,) * 32,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seed", "n", "tied"),
    [(0, 2048, False), (1, 2048, True), (0, 1024, True)],
    ids=["moved alike", "moved each by itself", "of another N, which cannot be paired"],
)
def test_what_both_owe_to_the_reference_makes_no_tie(tmp_path, seed, n, tied):
    released = sampled(solver="ddpm", steps=1000)
    Folder(tmp_path / "a", {"KVD": 123.0}, se=5.0, estimates=[shaken("ours", 123.0)]).write()
    Folder(
        tmp_path / "b",
        {"KVD": 120.0},
        se=5.0,
        made=released,
        method="full",
        estimates=[shaken("full", 120.0, seed=seed, n=n)],
    ).write()
    comparison = compared(tmp_path)
    assert (cell(comparison, 7, KVD).best, cell(comparison, 8, KVD).best) == (tied, True)


def test_numbers_of_unlike_n_are_not_ranked(tmp_path):
    Folder(tmp_path / "a", {"FVD": 230.0}).write()
    Folder(tmp_path / "b", {"FVD": 95.0}, n=100, made=sampled(solver="ddpm", steps=1000), method="full").write()
    comparison = compared(tmp_path)
    assert not cell(comparison, 7).best and not cell(comparison, 8).best


def test_without_intervals_nothing_is_tied(tmp_path):
    Folder(tmp_path / "a", {"FVD": 120.1}).write()
    Folder(tmp_path / "b", {"FVD": 120.0}, made=sampled(solver="ddpm", steps=1000), method="full").write()
    comparison = compared(tmp_path)
    assert (cell(comparison, 7).best, cell(comparison, 8).best) == (False, True)


def test_an_edited_number_is_marked_and_never_the_best(tmp_path):
    folder = Folder(tmp_path / "a", {"FVD": 230.0}, runs=1).write()
    Folder(tmp_path / "b", {"FVD": 120.0}, made=sampled("video-only"), method="v", runs=1).write()
    path = folder / "results.csv"
    path.write_text(path.read_text().replace("230.0", "1.0", 1))
    comparison = compared(tmp_path)
    assert "changed by hand after it was written" in notes(comparison, 7)
    assert not cell(comparison, 7).best


def test_an_unfinished_reproduction_is_left_out_by_name(tmp_path):
    stamp = {"table": 1, "row": 7, "preset": "tiny", "smoke": False, "complete": False}
    Folder(tmp_path / "a", {"FVD": 230.0}, stamp=stamp).write()
    comparison = compared(tmp_path)
    assert 7 not in filled(comparison)
    assert "`avbench reproduce` has not finished it" in comparison.left_out[0]


def test_real_clips_scored_as_a_model_give_their_ground_truth_only(tmp_path):
    stamp = {"table": 1, "row": 1, "preset": "tiny", "smoke": False}
    Folder(tmp_path / "a", {"FVD": 0.0}, method="real", made={}, stamp=stamp).write()
    assert cell(compared(tmp_path), 1).ours.value == pytest.approx(17)


def test_of_two_numbers_of_evaluations_that_of_the_released_scripts_counts(tmp_path):
    for steps in (20, 50):
        Folder(tmp_path / f"{steps}", {"FVD": steps * 10.0}, made=sampled(steps=steps), method=f"dpm{steps}").write()
    assert cell(compared(tmp_path), 7).ours.value == pytest.approx(200)


def test_unlike_protocols_are_refused_by_name(tmp_path):
    Folder(tmp_path / "a", {"FVD": 230.0}).write()
    Folder(tmp_path / "b", {"FVD": 200.0}, protocol=AVBENCH, made=sampled("video-only"), method="v").write()
    with pytest.raises(
        DataError, match=r"unlike protocols: published \(\w+\) in \S+a; avbench \(\w+\) in \S+b"
    ) as error:
        compared(tmp_path)
    assert error.value.exit_code == 4


def test_unlike_weights_are_refused_by_name(tmp_path):
    Folder(tmp_path / "a", {"FVD": 230.0}).write()
    Folder(tmp_path / "b", {"FVD": 200.0}, weights="b" * 64, made=sampled("video-only"), method="v").write()
    with pytest.raises(DataError, match=r"FVD of unlike weights: i3d aaaaaaaaaaaa in \S+a; i3d bbbbbbbbbbbb in \S+b"):
        compared(tmp_path)


def test_unverified_weights_never_enter_and_are_named(tmp_path):
    Folder(tmp_path / "a", {"FVD": 230.0}, note="weights=unverified:aaaaaaaaaaaa").write()
    comparison = compared(tmp_path)
    assert not comparison.is_filled
    assert "weights=unverified:aaaaaaaaaaaa" in comparison.left_out[0]


def test_two_results_for_one_row_are_refused_by_name(tmp_path):
    Folder(tmp_path / "a", {"FVD": 230.0}).write()
    Folder(tmp_path / "b", {"FVD": 231.0}, method="again").write()
    with pytest.raises(DataError, match=r"2 results fill the row table1:7: \S+a .*, \S+b"):
        compared(tmp_path)


def test_smoke_runs_are_refused_unless_they_are_allowed(tmp_path):
    stamp = {"table": 1, "row": 7, "preset": "smoke", "smoke": True}
    Folder(tmp_path / "a", {"FVD": 230.0}, stamp=stamp).write()
    with pytest.raises(DataError, match="a smoke run, whose numbers mean nothing; --allow-smoke"):
        compared(tmp_path)
    comparison = compared(tmp_path, allow_smoke=True)
    assert "SMOKE: a trial of the machinery; the numbers mean nothing" in notes(comparison, 7)


def test_other_features_give_no_difference(tmp_path):
    features = {"FVD[transnetv2]": "transnetv2"}
    Folder(tmp_path / "a", {"FVD[transnetv2]": 0.5}, features=features, truth={}).write()
    comparison = compared(tmp_path)
    assert comparison.labels == {FVD: "FVD[transnetv2]"}
    assert not cell(comparison, 7).comparable


def test_a_method_of_ones_own_is_a_row_at_the_end(tmp_path):
    Folder(tmp_path / "a", {"FVD": 230.0}).write()
    Folder(tmp_path / "b", {"FVD": 99.0}, method="mine", made={}).write()
    comparison = compared(tmp_path, also=["mine"])
    assert comparison.lines[-1].label == "mine"
    assert comparison.lines[-1].cells[0].best
