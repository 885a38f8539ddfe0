"""`avbench ablate`: what is varied in each study, and points made from a run."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from tiny import TINY, make_movies, register_tiny_extractors
from toy_runs import make_toy_run

from avbench.cli.workflows.ablate.run import gathered, run_study
from avbench.cli.workflows.ablate.study import (
    Network,
    guidance_study,
    random_shift_study,
    solver_study,
    windows_study,
)
from avbench.cli.workflows.reproduce.plan import Planner
from avbench.cli.workflows.reproduce.scale import PAPER, SMOKE
from avbench.clip import ClipSpec


@pytest.fixture
def planner(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Planner(Path("data/mine"), (), PAPER)


def samplings(study):
    return [step.arguments for point in study.points for step in point.planned.steps if step.arguments[0] == "sample"]


def option(name, arguments):
    return arguments[arguments.index(name) + 1]


def test_windows_are_table_3_on_ones_own_data_without_shift_unless_asked(planner):
    trainings = {
        shift: [
            step.arguments
            for point in windows_study(planner, shift=shift).points
            for step in point.planned.steps
            if step.arguments[0] == "train"
        ]
        for shift in (False, True)
    }
    assert all(option("--data", arguments) == "data/mine" for arguments in trainings[False])
    assert all("network.random_shift=false" in arguments for arguments in trainings[False])
    assert not any("network.random_shift=false" in arguments for arguments in trainings[True])


def test_shifted_windows_never_pass_for_the_rows_of_table_3(planner):
    plain, shifted = (windows_study(planner, shift=shift).points for shift in (False, True))
    folders = [{point.planned.results for point in points} for points in (plain, shifted)]
    assert folders[0].isdisjoint(folders[1])
    assert {point.planned.steps[-1].mark.file.name for point in shifted} == {"ablation.json"}


def test_random_shift_is_two_curves_over_the_steps_of_training(planner):
    study = random_shift_study(planner)
    assert [(point.arm, point.x) for point in study.points] == [
        (arm, step) for arm in ("no-shift", "shift") for step in (60_000, 80_000, 100_000)
    ]


def test_guidance_is_replacement_and_gradient_in_both_directions_judged_by_the_generated_modality(planner):
    study = guidance_study(planner, Network.trained(planner), [0, 30])
    told = [
        (point.arm, option("--guidance", arguments), "--scale" in arguments)
        for point, arguments in zip(study.points, samplings(study), strict=True)
    ]
    assert told == [
        (arm, guidance, guidance == "gradient") for arm in ("a2v", "v2a") for guidance in ("replace", "gradient")
    ]
    metrics = {point.arm: option("--metrics", point.planned.steps[-1].arguments) for point in study.points}
    assert metrics == {"a2v": "fvd,kvd,av_align", "v2a": "fad,av_align"}


def test_solvers_are_curves_over_evaluations_of_one_network(planner):
    study = solver_study(planner, Network.trained(planner), ["dpm", "ddim"], [10, 50])
    assert [(point.arm, point.x) for point in study.points] == [("dpm", 10), ("dpm", 50), ("ddim", 10), ("ddim", 50)]
    assert len({arguments[1] for arguments in samplings(study)}) == 1


@pytest.mark.parametrize("study", ["windows", "random-shift", "guidance", "solver"])
def test_a_dry_run_prints_commands_and_makes_nothing(avbench, study):
    code, out, err = avbench("ablate", study, "--data", "data/landscape", "--preset", "tiny", "--dry-run")
    assert code == 0, err
    assert "avbench train mm-diffusion --data data/landscape --preset tiny" in out and "GPU-hours" in out
    assert not list(Path().iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["guidance", "--scales", "1,much"], '--scales takes numbers parted by commas, not "much"'),
        (["guidance", "--scales", "-1"], "--scales: -1 is negative"),
        (["solver", "--solvers", "euler"], 'no solver with a number of steps is called "euler"'),
        (["solver", "--run", "nowhere"], "nowhere: there is no such run"),
    ],
)
def test_what_does_not_exist_is_refused_before_anything_is_made(avbench, arguments, message):
    code, _, err = avbench("ablate", *arguments, "--data", "data/landscape")
    assert code == 2 and message in err
    assert not list(Path().iterdir())


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Four samples a point of a toy run, compared with movies."""
    register_tiny_extractors()
    monkeypatch.chdir(tmp_path)
    make_movies(Path("movies"), 6, seconds=3.2, size=16)
    spec = ClipSpec(size=8, sample_rate=1000)
    run = make_toy_run(Path("runs/toy"), data=Path("movies"), spec=spec)
    scale = replace(SMOKE, samples=4, features=TINY)
    return Planner(Path("movies"), (), scale, spec=spec), Network.of(str(run.path))


def test_a_users_run_is_sampled_at_every_point_and_its_numbers_gathered(toy, capsys):
    planner, network = toy
    study = solver_study(planner, network, ["ddim"], [2, 3])
    run_study(study, planner, dry_run=False)
    lines = pd.read_csv("results/ablate-solver-movies-smoke.csv")
    assert {"FVD[tiny_video]", "FAD[tiny_audio]"} <= set(lines["metric"]) and set(lines["x"]) == {2, 3}
    pd.testing.assert_frame_equal(gathered(study).astype({"x": float}), lines.astype({"x": float}))
    captured = capsys.readouterr()
    assert "FVD[tiny_video]" in captured.out and "SMOKE" in captured.err


@pytest.mark.slow
def test_guidance_samples_real_clips_the_other_way_round_and_judges_what_was_made(toy):
    planner, network = toy
    run_study(guidance_study(planner, network, [0, 2]), planner, dry_run=False)
    lines = pd.read_csv("results/ablate-guidance-movies-smoke.csv")
    points = {key: set(own["metric"]) for key, own in lines.groupby(["arm", "x"])}
    assert set(points) == {("a2v", 0), ("a2v", 2), ("v2a", 0), ("v2a", 2)}
    assert all({"FVD[tiny_video]", "KVD[tiny_video]"} <= points["a2v", strength] for strength in (0, 2))
    assert all("FAD[tiny_audio]" in points["v2a", strength] for strength in (0, 2))


def test_a_users_run_is_compared_with_real_clips_in_its_own_shape(avbench, toy):
    code, out, err = avbench("ablate", "solver", "--run", "toy", "--evaluations", "5", "--dry-run")
    assert code == 0, err
    assert "avbench prepare reshape movies --spec size=8,sample_rate=1000" in out and "avbench train" not in out


def test_each_point_is_marked_with_its_place_on_the_curve(toy):
    planner, network = toy
    study = solver_study(planner, network, ["ddim"], [2])
    run_study(study, planner, dry_run=False)
    mark = json.loads((study.points[0].planned.results / "ablation.json").read_text())
    assert (mark["study"], mark["arm"], mark["axis"], mark["x"]) == ("solver", "ddim", "nfe", 2)
    assert mark["smoke"] is True and mark["complete"] is True
