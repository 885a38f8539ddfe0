"""DiffWave as users meet it: trained on a clip set, sampled into one of sound alone, imported, and evaluated."""

from dataclasses import replace
from pathlib import Path

import golden_diffwave as golden
import numpy as np
import pytest
import torch
from tiny import make_movies

from avbench.clip import ClipSpec
from avbench.clipset import open_clipset
from avbench.errors import DataError, UsageError
from avbench.ranks import Ranks
from models.config import RunConfig, SamplingConfig
from models.draws import Draws
from models.importing import import_checkpoint
from models.registry import MODELS
from models.run import Run
from models.sampling.sample import sample_run
from models.training.job import prepare_job
from models.training.loop import train_job

MODEL = MODELS["diffwave"]
NETWORK = {
    "layers": "5",
    "dilation_cycle": "3",
    "channels": "16",
    "diffusion_steps": "20",
    "beta_end": "0.05",
}


@pytest.fixture(scope="module")
def movies(tmp_path_factory):
    return make_movies(tmp_path_factory.mktemp("data") / "movies", 5, seed=1, seconds=1.0, size=16)


@pytest.fixture
def config(movies):
    return RunConfig(
        model="diffwave",
        preset="tiny",
        data=movies,
        spec=ClipSpec(frames=4, size=16, sample_rate=1000),
        network=replace(golden.LMNT, diffusion_steps=50),
        training=replace(MODEL.presets["tiny"].training, steps=30, batch_size=4, log_every=10, preview_every=30),
        sampling=SamplingConfig(solver="ddpm", steps=50),
    )


@pytest.fixture
def run(config, tmp_path):
    config.save(tmp_path / "run" / "config.toml")
    run = Run(tmp_path / "run")
    train_job(run, prepare_job(config, Ranks()))
    return run


def test_trains_on_sound_and_makes_a_clip_set_without_pictures(run):
    assert (run.path / "previews" / "00000030.flac").exists()
    clips = open_clipset(sample_run(run, 3).base)
    assert [record.has_video for record in clips.records] == [False] * 3
    sound = clips.clip(0, 0, run.config.spec, video=False, audio=True).audio
    assert sound.shape == (1, 400) and np.abs(sound).max() > 0


def test_a_sample_depends_on_its_number_alone(run):
    def made(*members):
        network = MODEL.build(run.config).eval()
        torch.nn.init.normal_(network.output_projection.weight, generator=torch.Generator().manual_seed(0))
        return MODEL.generate(network, run.config, Draws(0, "sample", members=members))["audio"]

    torch.manual_seed(0)
    together = made(3, 7)
    torch.manual_seed(0)
    torch.testing.assert_close(made(7), together[1:])


@pytest.mark.parametrize("loss", ["mse", "l1"])
def test_the_loss_is_the_error_of_the_predicted_noise(config, loss):
    config = replace(config, network=replace(config.network, loss=loss))
    draws = Draws(0, "train", 1, members=range(4))
    noise = draws.normal("noise", "audio", shape=(1, 400))
    losses = MODEL.losses(
        lambda noisy, steps: torch.zeros_like(noisy), {"audio": torch.zeros(4, 1, 400)}, draws, config
    )
    error = noise.square() if loss == "mse" else noise.abs()
    torch.testing.assert_close(losses.parts["audio"], error.mean((1, 2)))


@pytest.mark.parametrize(
    ("name", "variant", "entry"), [("lmnt", "lmnt", "model"), ("sc09", "authors", "model_state_dict")]
)
def test_files_of_both_public_codes_are_imported(movies, tmp_path, monkeypatch, name, variant, entry):
    monkeypatch.chdir(tmp_path)
    weights = golden.lmnt_weights() if variant == "lmnt" else golden.authors_weights()
    torch.save({"step": 7, entry: weights, "optimizer": {"state": {}}}, "weights.pt")
    settings = {f"network.{key}": value for key, value in NETWORK.items()}
    settings |= {"network.variant": variant, "network.skip_channels": "16" if variant == "lmnt" else "12"}
    run = import_checkpoint(Path("weights.pt"), "diffwave", data=movies, changes=settings)
    assert run.config.network == (golden.LMNT if variant == "lmnt" else golden.AUTHORS)
    assert run.checkpoints()[-1].stem == "00000000"


@pytest.mark.parametrize(
    ("sampling", "message"),
    [
        (SamplingConfig(solver="dpm"), "cannot be sampled by dpm; diffwave knows ddpm, fast"),
        (SamplingConfig(solver="ddpm", steps=10), "visits all of its 50 steps, so give --steps 50, or --solver fast"),
    ],
)
def test_ways_to_sample_that_there_are_not_are_named(run, sampling, message):
    with pytest.raises(UsageError, match=message):
        sample_run(run, 1, sampling=sampling)


def test_fast_samples_lie_in_a_folder_of_their_own(run):
    base = sample_run(run, 2, sampling=SamplingConfig(solver="fast")).base
    assert base.name == "fast-seed0-step30" and len(open_clipset(base)) == 2


def test_a_data_set_without_sound_is_refused(tmp_path, config):
    silent = make_movies(tmp_path / "silent", 2, seed=1, seconds=1.0, size=16, sound=False)
    with pytest.raises(DataError, match="none of its 2 clips can be trained on: 2 without sound"):
        prepare_job(replace(config, data=silent), Ranks())


def test_the_papers_settings_are_for_the_papers_clips():
    preset = MODEL.presets["paper"]
    assert (preset.spec.samples, preset.spec.sample_rate) == (25_600, 16_000)
    assert preset.network.receptive_field == 24_571
    assert (preset.sampling.solver, preset.sampling.steps) == ("ddpm", preset.network.diffusion_steps)
