"""`avbench upscale` end to end: a tiny upsampler, two small clips, and real ones to compare with."""

import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import make_movies, register_tiny_extractors

from avbench.cli.main import run
from avbench.clipset import open_clipset
from models.checkpoint import Checkpoint, save_checkpoint
from models.config import RunConfig
from models.registry import MODELS
from models.run import Run


@pytest.fixture
def avbench(tmp_path, monkeypatch, capsys):
    """Runs a command in a folder with small and real clips and two runs; returns exit code and what was printed."""
    register_tiny_extractors()
    monkeypatch.chdir(tmp_path)
    make_movies(tmp_path / "small", 2, size=8)
    make_movies(tmp_path / "real", 4, size=16, seed=1)
    save_untrained(make_run("super-resolution", "sr", size=16, low_size=8))
    make_run("mm-diffusion", "base")

    def avbench(*arguments):
        monkeypatch.setattr(sys, "argv", ["avbench", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            run()
            sys.exit(0)
        captured = capsys.readouterr()
        return ended.value.code, captured.out, " ".join(captured.err.split())

    return avbench


def make_run(model: str, name: str, **network: int) -> Run:
    """A run without a checkpoint, as preset tiny but for some settings of its network."""
    preset = MODELS[model].presets["tiny"]
    config = RunConfig(
        model=model,
        preset="tiny",
        data=Path("data"),
        spec=replace(preset.spec, size=network.get("size", preset.spec.size)),
        network=replace(preset.network, **network),
        training=preset.training,
        sampling=preset.sampling,
    )
    return Run.create(Path("runs", name), config)


def save_untrained(run: Run) -> None:
    weights = MODELS[run.config.model].build(run.config).state_dict()
    save_checkpoint(run, Checkpoint(model=run.config.model, step=0, network=weights, ema=weights))


def test_enlarges_a_folder_of_videos_into_the_workspace(avbench, tmp_path):
    code, out, err = avbench("upscale", "small", "--with", "sr", "--steps", "2")
    assert (code, out) == (0, "") and "data/small-sr16" in err
    large = open_clipset(tmp_path / "data" / "small-sr16")
    assert [(record.width, record.height, record.frames) for record in large.records] == [(16, 16, 16)] * 2
    assert sorted(path.name for path in (tmp_path / "small").iterdir()) == ["clip000.mp4", "clip001.mp4"]


def test_compares_with_bicubic_in_decibels_and_fvd(avbench, tmp_path):
    arguments = ("--steps", 2, "--compare", "real", "--pictures", 3, "--features", "tiny_video", "--samples", 2)
    code, out, _ = avbench("upscale", "small", "--with", "runs/sr", *arguments, "--json")
    told = json.loads(out)
    assert code == 0
    assert {name: len(values) for name, values in told["psnr"].items()} == {"upscaled_db": 3, "bicubic_db": 3}
    fvd = {row["method"]: row["mean"] for row in told["fvd"]}
    assert {"upscaled", "bicubic"} <= set(fvd) and all(math.isfinite(value) for value in fvd.values())
    assert all(row["metric"] == "FVD[tiny_video]" and "avbench@256" in row["protocol"] for row in told["fvd"])
    _, table, _ = avbench("upscale", "small", "--with", "sr", *arguments)
    assert "PSNR, dB" in table and "FVD[tiny_video]" in table


def test_a_run_of_another_model_is_refused(avbench):
    code, _, err = avbench("upscale", "small", "--with", "base")
    assert code == 2 and "this is a run of mm-diffusion; give one of super-resolution" in err


def test_a_run_that_does_not_exist_is_named_with_those_that_do(avbench):
    code, _, err = avbench("upscale", "small", "--with", "nobody")
    assert code == 2 and "nobody: there is no such run; in runs/ are base, sr" in err
