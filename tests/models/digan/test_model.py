"""DIGAN as users meet it: trained on a clip set, sampled into one of silent video, imported, and evaluated."""

from dataclasses import replace

import pytest
import torch
from tiny import TINY, make_movies, register_tiny_extractors
from toy_training import assert_same_training, logged

from avbench.clip import ClipSpec
from avbench.clipset import open_clipset
from avbench.errors import DataError, UsageError
from avbench.evaluation import evaluate
from avbench.ranks import Ranks
from models.checkpoint import load_checkpoint
from models.config import RunConfig, SamplingConfig
from models.digan.config import TINY as SMALL
from models.draws import Draws
from models.registry import MODELS
from models.run import Run
from models.sampling.sample import sample_run
from models.training.job import prepare_job
from models.training.loop import train_job

MODEL = MODELS["digan"]


@pytest.fixture(scope="module")
def movies(tmp_path_factory):
    return make_movies(tmp_path_factory.mktemp("data") / "movies", 5, seed=1, size=16, sound=False)


@pytest.fixture(scope="module")
def config(movies):
    return RunConfig(
        model="digan",
        preset="tiny",
        data=movies,
        spec=ClipSpec(size=16),
        network=replace(SMALL, latent=8, style=8, channel_max=8, frequencies=4, rank=2, r1_every=4),
        training=replace(
            MODEL.presets["tiny"].training,
            steps=6,
            batch_size=4,
            log_every=1,
            preview_every=6,
            checkpoint_every=3,
            mirror="random",
        ),
        sampling=SamplingConfig(solver="direct"),
    )


def train(config, path, **options):
    config.save(path / "config.toml")
    run = Run(path)
    train_job(run, prepare_job(config, Ranks()), **options)
    return run


@pytest.fixture(scope="module")
def run(config, tmp_path_factory):
    return train(config, tmp_path_factory.mktemp("runs") / "run")


def test_trains_on_silent_video_and_makes_a_clip_set_without_sound(run):
    assert (run.path / "previews" / "00000006.mp4").exists()
    base = sample_run(run, 3).base
    clips = open_clipset(base)
    assert base.name == "direct-seed0-step6"
    assert [(record.has_video, record.has_audio) for record in clips.records] == [(True, False)] * 3
    assert clips.clip(0, 0, run.config.spec, audio=False).video.shape == (16, 16, 16, 3)


def test_its_samples_are_evaluated_by_their_pictures_alone(run, movies, tmp_path):
    register_tiny_extractors()
    made = sample_run(run, 5).base
    result = evaluate(movies, made, protocol="avbench", features=TINY, samples=5, runs=1, out=tmp_path / "out")
    assert set(result.summary["metric"]) == {"FVD[tiny_video]", "KVD[tiny_video]"}


def test_the_penalty_comes_on_the_first_step_and_on_every_so_many_after_it(run):
    assert [row["r1"] != "nan" for row in logged(run)] == [True, False, False, False, True, False]


def test_both_networks_are_trained_and_only_the_generator_is_averaged(run):
    first, last = (load_checkpoint(file) for file in run.checkpoints())
    changed = {name.split(".")[0] for name in first.network if not torch.equal(first.network[name], last.network[name])}
    averaged = {name.split(".")[0] for name in last.ema if not torch.equal(last.ema[name], last.network[name])}
    assert changed == {"generator", "discriminators"} and averaged == {"generator"}


def test_optimisers_are_those_of_the_released_code():
    preset = MODEL.presets["paper"]
    with torch.device("meta"):
        config = RunConfig(model="digan", preset="paper", data="", network=preset.network, training=preset.training)
        optimizers = MODEL.optimizers(MODEL.build(config), config)
    found = {name: (adam.defaults["lr"], adam.defaults["betas"][1]) for name, adam in optimizers.items()}
    assert found == {
        "generator": pytest.approx((0.002, 0.99199), abs=1e-5),
        "discriminators": pytest.approx((0.0023529, 0.990585), abs=1e-6),
    }


def test_the_papers_settings_are_the_released_codes():
    training = MODEL.presets["paper"].training
    assert training.steps * training.batch_size == 25_000_000
    assert training.ema_decay ** (20_000 / training.batch_size) == pytest.approx(0.5)
    assert (MODEL.presets["paper"].spec.size, MODEL.presets["released"].spec.size) == (64, 128)


class DeathError(Exception):
    """Stands for whatever ends a process."""


def test_a_run_that_died_and_goes_on_equals_one_that_did_not(run, config, tmp_path):
    def die(what, done, total):
        if done == 4:
            raise DeathError

    with pytest.raises(DeathError):
        train(config, tmp_path / "run", progress=die)
    assert_same_training(train(config, tmp_path / "run"), run)


def test_a_sample_depends_on_its_number_alone(config):
    torch.manual_seed(0)
    network = MODEL.build(config).eval()
    together = MODEL.generate(network, config, Draws(0, "sample", members=(3, 7)))["video"]
    alone = MODEL.generate(network, config, Draws(0, "sample", members=(7,)))["video"]
    torch.testing.assert_close(alone, together[1:])


def test_more_frames_of_a_clip_lie_between_its_frames(config):
    torch.manual_seed(0)
    network, draws = MODEL.build(config).eval(), Draws(0, "sample", members=(0,))
    coarse = MODEL.generate(network, config, draws)["video"]
    fine = MODEL.generate(network, replace(config, spec=ClipSpec(frames=31, size=16)), draws)["video"]
    torch.testing.assert_close(fine[:, :, ::2], coarse)


@pytest.mark.parametrize("solver", ["dpm", "ddpm"])
def test_ways_to_sample_that_there_are_not_are_named(run, solver):
    with pytest.raises(UsageError, match=f"cannot be sampled by {solver}; digan knows direct"):
        sample_run(run, 1, sampling=SamplingConfig(solver=solver))


def test_a_data_set_without_picture_is_refused(config, tmp_path):
    from avbench.media.encode import encode_flac
    from avbench.workspace import atomic_write

    for number in range(2):
        sound = torch.zeros(1, 16_000).numpy()
        (tmp_path / "sounds").mkdir(exist_ok=True)
        atomic_write(tmp_path / "sounds" / f"{number}.flac", encode_flac(sound, 16_000))
    with pytest.raises(DataError, match="none of its 2 clips can be trained on: 2 without picture"):
        prepare_job(replace(config, data=tmp_path / "sounds"), Ranks())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 6}, "6 pairs of frames at once cannot be cut into the groups of 4"),
        ({"batch_size": 12, "accumulation": 2}, "6 pairs of frames at once"),
        ({"activation_checkpointing": True}, r"leave training\.activation_checkpointing out"),
    ],
)
def test_trainings_that_cannot_be_are_refused_before_they_begin(config, changes, message):
    with pytest.raises(UsageError, match=message):
        prepare_job(replace(config, training=replace(config.training, **changes)), Ranks())
