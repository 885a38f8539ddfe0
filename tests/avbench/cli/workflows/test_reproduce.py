"""`avbench reproduce`: what each row is made of, the commands of a dry run, and rows made from nothing."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import toy_model  # noqa: F401  registers "toy"
import typer
from tiny import TINY, make_movies, register_tiny_extractors

from avbench.cli.main import app
from avbench.cli.workflows import steps
from avbench.cli.workflows.reproduce.plan import Planner, planner_of
from avbench.cli.workflows.reproduce.rows import COUPLED, Row, Training, rows_of
from avbench.cli.workflows.reproduce.scale import PAPER, SMOKE
from avbench.cli.workflows.reproduce.scale import TINY as TINY_SCALE
from avbench.cli.workflows.reproduce.studies import study_script
from avbench.cli.workflows.steps import run_steps
from avbench.errors import UsageError
from models.registry import MODELS
from models.run import Run


def commands(table, scale=PAPER, dataset="landscape", rows=()):
    planner = planner_of(dataset, scale)
    return [step.arguments for row in rows_of(table, rows) for step in planner.row(row).steps]


def of(name, commands):
    return list(dict.fromkeys(arguments for arguments in commands if arguments[0] == name))


def option(name, arguments):
    return arguments[arguments.index(name) + 1]


@pytest.mark.parametrize("table", [1, 2, 3, 4])
@pytest.mark.parametrize("scale", [PAPER, TINY_SCALE, SMOKE], ids=lambda scale: scale.name)
def test_every_printed_command_is_one_that_the_command_line_takes(table, scale):
    for arguments in commands(table, scale):
        command, rest = typer.main.get_command(app), list(arguments)
        while hasattr(command, "commands"):
            command, rest = command.commands[rest[0]], rest[1:]
        command.make_context("avbench", rest)  # raises for unknown options and values


def test_dpm_solver_and_full_sampling_share_one_training():
    rows = commands(1, rows=[7, 8])
    assert len(of("train", rows)) == 1
    assert [(option("--solver", s), option("--steps", s)) for s in of("sample", rows)] == [
        ("dpm", "20"),
        ("ddpm", "1000"),
    ]


def test_the_comparison_takes_six_runs_of_2048_samples_and_an_ablation_one():
    (comparison,), (ablation,) = of("eval", commands(1, rows=[7])), of("eval", commands(3, rows=[4]))
    assert (option("--samples", comparison), option("--runs", comparison)) == ("2048", "6")
    assert (option("--samples", ablation), option("--runs", ablation)) == ("2048", "1")


def test_table_4_trains_each_arm_once_and_samples_it_at_60_80_and_100_percent_of_its_steps():
    table = commands(4)
    assert len(of("train", table)) == 2
    steps = [Path(arguments[1]).stem for arguments in of("sample", table)]
    assert steps == ["00060000", "00080000", "00100000"] * 2


@pytest.mark.parametrize("scale", [PAPER, TINY_SCALE, SMOKE], ids=lambda scale: scale.name)
def test_checkpoints_are_kept_where_table_4_samples_them(scale):
    planner = planner_of("synthetic", scale)
    for row in rows_of(4):
        training = planner.config(row.training).training
        kept = list(range(training.checkpoint_every, training.steps + 1, training.checkpoint_every))
        sampled = int(Path(option("sample", planner.row(row).steps[-2].arguments)).stem)
        assert sampled in kept[-training.keep_checkpoints :]


def test_table_3_trains_without_shift_and_its_last_row_is_table_4_without_shift_at_80_percent():
    assert all("network.random_shift=false" in arguments for arguments in of("train", commands(3)))
    assert of("sample", commands(3, rows=[4])) == of("sample", commands(4, rows=[1]))[1:2]


def test_table_3_trains_its_other_windows_for_80_percent_and_without_the_middle_block():
    for arguments, windows in zip(of("train", commands(3))[:3], ("1,1,1", "4,4,4", "8,8,8"), strict=True):
        assert {f"network.windows={windows}", "network.cross_in_middle=false", "training.steps=80000"} < set(arguments)


def test_with_shift_is_the_model_of_table_1():
    assert of("train", commands(4, rows=[2])) == of("train", commands(1, rows=[7]))


def test_a_preset_without_the_paper_s_windows_and_shift_is_trained_with_them():
    for table, row in ((1, 7), (4, 2)):
        (training,) = of("train", commands(table, TINY_SCALE, rows=[row]))
        assert {"network.windows=1,4", "network.random_shift=true"} < set(training)
    network = planner_of("synthetic", TINY_SCALE).config(COUPLED).network
    assert (network.windows, network.random_shift) == ((1, 4), True)


@pytest.mark.parametrize("scale", [PAPER, TINY_SCALE], ids=lambda scale: scale.name)
def test_trainings_of_other_settings_have_other_runs(scale):
    planner = planner_of("synthetic", scale)
    trainings = [row.training for table in (1, 2, 3, 4) for row in rows_of(table) if row.training]
    runs = {planner.run(training): planner.config(training) for training in trainings}
    assert all(runs[planner.run(training)] == planner.config(training) for training in trainings)


def test_a_small_network_is_compared_with_real_clips_in_its_own_shape():
    _, reshape, *_ = commands(1, TINY_SCALE, rows=[5])
    assert reshape[:2] == ("prepare", "reshape") and option("--spec", reshape) == "size=16,sample_rate=4000"
    (evaluation,) = of("eval", commands(1, TINY_SCALE, rows=[5]))
    assert option("--reference", evaluation) == option("--out", reshape)


def test_the_ground_truth_is_real_clips_against_real_clips():
    (evaluation,) = of("eval", commands(1, rows=[1]))
    assert option("--reference", evaluation) == option("--generated", evaluation) == "data/landscape"


def test_a_model_that_stands_on_another_is_trained_after_it():
    first, second = of("train", commands(1, rows=[3]))
    assert first[1] == "tats-vqgan" and option("--first-stage", second) == option("--name", first)


def test_a_dry_run_is_a_script_that_tells_its_gpu_hours_and_does_nothing(avbench):
    code, out, err = avbench("reproduce", "table1", "--rows", "6,7", "--dry-run")
    assert code == 0, err
    lines = out.splitlines()
    assert all(line.startswith(("#", "avbench ")) or not line for line in lines)
    (training,) = [line for line in lines if line.startswith("avbench train mm-diffusion")]
    hours = float(training.split("#")[1].split()[0])
    # Table A.1's 100,000 steps of 128 samples, three passes each; 1.29 TFLOP were counted for a pass.
    assert hours == pytest.approx(100_000 * 128 * 3 * 1.289 / 30 / 3600, rel=0.01)
    assert "at an assumed 30 TFLOP/s a GPU" in lines[-1] and lines[-2].startswith("avbench report table1 ")
    assert not list(Path().iterdir())


def test_a_dry_run_tells_what_is_done_and_counts_it_no_more(avbench):
    planner, training = planner_of("landscape", PAPER), Training(model="audio-only")
    run = Run.create(planner.run(training), planner.config(training))
    run.checkpoint_file(100_000).parent.mkdir()
    run.checkpoint_file(50_000).touch()
    _, out, _ = avbench("reproduce", "table1", "--rows", "6", "--dry-run")
    assert [line for line in out.splitlines() if " train " in line][0].endswith("GPU-hours")
    run.checkpoint_file(100_000).touch()
    _, out, _ = avbench("reproduce", "table1", "--rows", "6", "--dry-run")
    assert [line for line in out.splitlines() if " train " in line][0].endswith("# done")
    assert "in all 0.0 GPU-hours" in out


def test_a_row_without_its_model_is_told_and_its_commands_are_comments(avbench, monkeypatch):
    list(MODELS)  # loads them
    monkeypatch.delitem(MODELS._things, "audio-only")
    code, out, err = avbench("reproduce", "table1", "--rows", "6", "--dry-run")
    assert code == 0, err
    assert "not available in this version of avbench: it has no model audio-only" in out
    assert "# avbench train audio-only --data data/landscape" in out and "\navbench train" not in out


@pytest.mark.parametrize(("table", "kind"), [("table5", "mos"), ("table6", "turing")])
def test_tables_5_and_6_print_the_commands_of_a_study(avbench, table, kind):
    code, out, err = avbench("reproduce", table)
    assert code == 0, err
    assert f"avbench study create {kind} --clips real=data/landscape --clips ours=runs/" in out
    assert "--per-method 500 --votes 5" in out and "avbench study ingest" in out


def study_commands(table, scale, dataset="landscape"):
    lines = [line for line in study_script(table, dataset, scale) if not line.startswith("#")]
    return [tuple(shlex.split(line))[1:] for line in lines]


@pytest.mark.parametrize("scale", [PAPER, TINY_SCALE, SMOKE], ids=lambda scale: scale.name)
def test_every_printed_command_of_a_study_is_one_that_the_command_line_takes(scale, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script = study_commands(5, scale)
    # The files that these are about are there only when the ones before have run.
    for arguments in [arguments for arguments in script if arguments[0] != "study"]:
        typer.main.get_command(app).commands[arguments[0]].make_context("avbench", list(arguments[1:]))


def test_two_stages_are_trained_in_order_and_shown_beside_ours_and_real_clips():
    script = study_commands(5, PAPER)
    trained = {option("--name", arguments): arguments[1] for arguments in of("train", script)}
    assert list(trained.values()) == ["mm-diffusion", "diffwave", "tats-vqgan", "tats-audio-vqgan", "tats-audio"]
    *_, last = of("train", script)
    stages = [last[place + 1] for place, text in enumerate(last) if text == "--first-stage"]
    assert [trained[name] for name in stages] == ["tats-vqgan", "tats-audio-vqgan"]
    sampled = of("sample", script)[-1]
    place = sampled.index("--two-stage")
    runs = [Path(checkpoint).parts[1] for checkpoint in sampled[place + 1 : place + 3]]
    assert [trained[name] for name in runs] == ["diffwave", "tats-audio"]
    (create,) = [arguments for arguments in script if arguments[:2] == ("study", "create")]
    assert f"two-stage={option('--out', sampled)}" in create


def test_table_5_and_table_1_share_the_vqgan_of_video():
    (first, *_), table_5 = of("train", commands(1, rows=[3])), of("train", study_commands(5, PAPER))
    assert first in table_5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["table9"], "table9"),
        (["table1", "--rows", "9"], "Table 1 has no row 9; it has 1, 2, 3, 4, 5, 6, 7, 8"),
        (["table1", "--rows", "two"], '--rows takes numbers parted by commas, not "two"'),
        (["table1", "--dataset", "vggsound"], "vggsound"),
    ],
)
def test_what_does_not_exist_is_refused_before_anything_is_made(avbench, arguments, message):
    code, _, err = avbench("reproduce", *arguments)
    assert code == 2 and message in err
    assert not list(Path().iterdir())


@pytest.fixture
def toy_row(tmp_path, monkeypatch):
    """A row of the toy model on a folder of movies, which takes a second."""
    register_tiny_extractors()
    monkeypatch.chdir(tmp_path)
    make_movies(Path("movies"), 6, seconds=3.2, size=16)
    scale = replace(SMOKE, samples=4, features=TINY, changes={"training.steps": "2", "training.batch_size": "2"})
    row = Row(table=1, row=7, method="toy", training=Training(model="toy"), sampler="own")
    return Planner(Path("movies"), (), scale).row(row)


RESULTS = Path("results/table1-row7-movies-smoke")


def test_a_row_is_made_from_real_clips_to_marked_results(toy_row):
    run_steps(toy_row.steps)
    summary = pd.read_csv(RESULTS / "summary.csv")
    assert {"toy", "ground-truth"} <= set(summary["method"]) and "FVD[tiny_video]" in set(summary["metric"])
    stamp = json.loads((RESULTS / "reproduced.json").read_text())
    assert stamp["table"] == 1 and stamp["row"] == 7 and stamp["smoke"] is True and stamp["complete"] is True
    assert shlex.split(stamp["command"])[:2] == ["avbench", "eval"]


def test_a_row_that_is_there_is_not_made_again(toy_row, monkeypatch):
    run_steps(toy_row.steps)
    monkeypatch.setattr(steps, "call", lambda arguments: pytest.fail(f"ran {arguments}"))
    run_steps(toy_row.steps)


def test_a_run_of_other_settings_is_not_taken_for_that_of_a_row(toy_row):
    run_steps(toy_row.steps)
    config = Path("runs/toy-movies-smoke/config.toml")
    settings = config.read_text()
    config.write_text(settings.replace("learning_rate = ", "learning_rate = 1"))
    with pytest.raises(UsageError, match=r"toy-movies-smoke was begun with other settings: training\.learning_rate"):
        run_steps(toy_row.steps)


def test_a_row_that_was_interrupted_at_any_command_ends_with_the_same_results(toy_row, monkeypatch, tmp_path):
    run_steps(toy_row.steps)
    whole = (RESULTS / "results.csv").read_bytes()
    make_movies(tmp_path / "again" / "movies", 6, seconds=3.2, size=16)
    monkeypatch.chdir(tmp_path / "again")
    called = []

    def interrupted(arguments):
        if called.count(arguments) == 0:
            called.append(arguments)
            raise KeyboardInterrupt
        steps_call(arguments)

    steps_call = steps.call
    monkeypatch.setattr(steps, "call", interrupted)
    for _ in toy_row.steps:
        with pytest.raises(KeyboardInterrupt):
            run_steps(toy_row.steps)
    run_steps(toy_row.steps)
    assert (RESULTS / "results.csv").read_bytes() == whole


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_smoke_fills_every_row_of_table_1_after_a_kill(avbench, embedded_weights, monkeypatch):
    monkeypatch.setenv("AVBENCH_HOME", str(embedded_weights))
    command = [sys.executable, "-m", "avbench", "reproduce", "table1", "--preset", "smoke"]
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 500
    while not list(Path("runs").glob("*/checkpoints/*.pt")) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    code, out, err = avbench("reproduce", "table1", "--preset", "smoke")
    assert code == 0, err
    stamps = [json.loads(file.read_text()) for file in Path("results").glob("*/reproduced.json")]
    assert sorted((stamp["table"], stamp["row"]) for stamp in stamps if stamp["complete"]) == [
        (1, row) for row in range(1, 9)
    ]
    assert all(stamp["smoke"] for stamp in stamps)
