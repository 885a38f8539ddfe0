"""TATS as users meet it: a VQGAN and then a transformer trained on a clip set, and sampled into silent clips."""

from dataclasses import replace
from pathlib import Path

import golden_tats as golden
import numpy as np
import pytest
import torch
from small_tats import TRANSFORMER, VQGAN, settings, train
from tiny import make_movies

from avbench.clip import ClipSpec
from avbench.clipset import open_clipset
from avbench.errors import DataError, MissingError, UsageError
from avbench.ranks import Ranks
from models.config import RunConfig, SamplingConfig
from models.draws import Draws
from models.importing import import_checkpoint
from models.registry import MODELS
from models.sampling.sample import sample_run
from models.training.job import prepare_job
from models.training.start import Request, choose


@pytest.fixture(scope="module")
def movies(tmp_path_factory):
    return make_movies(tmp_path_factory.mktemp("data") / "movies", 5, seed=1, seconds=1.0, size=16)


@pytest.fixture(scope="module")
def vqgan(movies, tmp_path_factory):
    return train(settings("tats-vqgan", movies), tmp_path_factory.mktemp("runs") / "vqgan")


@pytest.fixture(scope="module")
def tats(vqgan, movies, tmp_path_factory):
    config = settings("tats", movies, first_stages=(vqgan.checkpoints()[-1],))
    return train(config, tmp_path_factory.mktemp("runs") / "tats")


def columns(run):
    return set(run.metrics_file.read_text().splitlines()[0].split(","))


def test_a_vqgan_logs_its_losses_and_shows_what_comes_back_of_clips(vqgan):
    assert columns(vqgan) >= {"autoencoder", "l1", "commitment", "fooling", "features", "perplexity", "video_hinge"}
    assert (vqgan.path / "previews" / "00000004.mp4").exists()


def test_a_transformer_on_it_makes_a_silent_clip_set(tats):
    base = sample_run(tats, 3).base
    assert base.name == "tokens-p0.92-seed0-step4"
    clips = open_clipset(base)
    assert [(record.has_video, record.has_audio) for record in clips.records] == [(True, False)] * 3
    assert clips.clip(0, 0, tats.config.spec, video=True, audio=False).video.shape == (4, 16, 16, 3)


def test_other_candidates_lie_in_a_folder_of_their_own(tats):
    sampling = SamplingConfig(solver="tokens", top_k=5)
    assert sample_run(tats, 1, sampling=sampling).base.name == "tokens-k5-seed0-step4"


def test_the_transformer_learns_and_the_vqgan_under_it_stays_as_it_was(vqgan, tats):
    first, second = (torch.load(run.checkpoints()[-1], weights_only=True)["network"] for run in (vqgan, tats))
    kept = {key: tensor for key, tensor in second.items() if key.startswith("vqgan.")}
    assert all(torch.equal(first[key.removeprefix("vqgan.")], tensor) for key, tensor in kept.items())
    assert float(second["transformer.pos_emb"].abs().max()) > 0


def test_a_sample_depends_on_its_number_alone(tats):
    torch.manual_seed(0)
    network = MODELS["tats"].build(tats.config).eval()
    torch.nn.init.normal_(network.transformer.head.weight)

    def made(*members):
        return MODELS["tats"].generate(network, tats.config, Draws(0, "sample", members=members))["video"]

    torch.testing.assert_close(made(7), made(3, 7)[1:])


def test_discriminators_take_part_from_their_step_on(movies):
    config = settings("tats-vqgan", movies)
    phases = {step: [phase.name for phase in MODELS["tats-vqgan"].phases(config, step)] for step in (2, 3)}
    assert phases == {2: ["autoencoder"], 3: ["autoencoder", "discriminators"]}


def test_matrices_alone_decay(movies):
    model, config = MODELS["tats"], settings("tats", movies)
    network = model.build(config)
    decayed, others = model.optimizers(network, config)["network"].param_groups
    assert decayed["weight_decay"] == 0.01 and others["weight_decay"] == 0
    assert len(decayed["params"]) == 6 * TRANSFORMER.layers + 1 and all(each.ndim == 2 for each in decayed["params"])
    count = len(decayed["params"]) + len(others["params"])
    assert count == len(list(network.transformer.parameters()))


def test_a_transformer_takes_over_the_settings_of_its_vqgan(vqgan, movies, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    request = Request(
        model="tats", preset="tiny", data=movies, first_stages=(str(vqgan.path),), changes={"network.layers": "1"}
    )
    chosen = choose(request).config
    assert chosen.network.vqgan == VQGAN and chosen.first_stages == (vqgan.checkpoints()[-1],)


def test_a_vqgan_of_other_codes_than_the_transformers_is_refused(vqgan, movies):
    network = replace(TRANSFORMER, vqgan=replace(VQGAN, codes=25))
    config = settings("tats", movies, network=network, first_stages=(vqgan.checkpoints()[-1],))
    with pytest.raises(DataError, match=r"codebook\.embeddings is \(24, 8\) in the checkpoint and \(25, 8\)"):
        prepare_job(config, Ranks())


@pytest.mark.parametrize("model", ["tats-vqgan", "tats"])
def test_a_data_set_without_picture_is_refused(model, tmp_path):
    from avbench.media.encode import encode_flac

    folder = tmp_path / "sound"
    folder.mkdir()
    (folder / "a.flac").write_bytes(encode_flac(np.zeros((1, 16_000), np.float32), 16_000))
    with pytest.raises(DataError, match="without picture"):
        prepare_job(settings(model, folder), Ranks())


@pytest.mark.parametrize("model", ["tats-vqgan", "tats"])
def test_clips_that_cannot_be_cut_into_tokens_are_refused(model, movies):
    config = settings(model, movies, spec=ClipSpec(frames=5, size=16, sample_rate=1000))
    with pytest.raises(UsageError, match="5 frames of 16 pixels cannot be cut into tokens of 2 x 4 x 4"):
        prepare_job(config, Ranks())


def test_a_vqgan_makes_nothing_of_its_own(vqgan):
    with pytest.raises(UsageError, match="avbench train tats --first-stage RUN"):
        sample_run(vqgan, 1)


def test_a_perceptual_loss_needs_its_weights_or_is_left_out_on_record(movies, tmp_path, monkeypatch):
    monkeypatch.setenv("AVBENCH_HOME", str(tmp_path))
    monkeypatch.setenv("AVBENCH_OFFLINE", "1")
    config = settings("tats-vqgan", movies, network=replace(VQGAN, perceptual_weight=4.0))
    with pytest.raises(MissingError, match=r"vgg16: .* --set network\.perceptual_weight=0, which the run records"):
        prepare_job(config, Ranks())


def test_candidates_are_of_models_that_draw_tokens():
    with pytest.raises(UsageError, match="choose among tokens; dpm draws none"):
        SamplingConfig(solver="dpm", top_k=3)


def published(config, folder):
    """A file as Lightning writes it, of a whole TATS."""
    vqgan = golden.vqgan("vqgan_tiny").state_dict()
    torch.manual_seed(0)
    transformer = MODELS["tats"].build(config).transformer.state_dict()
    mask = {f"blocks.{layer}.attn.mask": torch.ones(1, 1, 4, 4) for layer in range(2)}
    state_dict = {f"first_stage_model.{key}": tensor for key, tensor in vqgan.items()}
    state_dict |= {f"transformer.{key}": tensor for key, tensor in (transformer | mask).items()}
    content = {"epoch": 3, "global_step": 5, "state_dict": state_dict, "hyper_parameters": {"gpt_vqvae": "x"}}
    torch.save(content, folder / "tats.ckpt")
    torch.save({"state_dict": vqgan}, folder / "vqgan.ckpt")
    return state_dict


SMALL = {
    "hidden": "8",
    "width": "12",
    "codes": "48",
    "downsample": "2,4,4",
    "discriminator_channels": "8",
}


def test_published_files_become_runs(movies, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = replace(TRANSFORMER, vqgan=golden.VQGANS["vqgan_tiny"])
    config = settings("tats", movies, network=small)
    given = published(config, tmp_path)
    changes = {f"network.vqgan.{name}": text for name, text in SMALL.items()}
    changes |= {
        "network.layers": "2",
        "network.heads": "2",
        "network.width": "16",
        "spec.frames": "4",
        "spec.size": "16",
    }
    run = import_checkpoint(Path("tats.ckpt"), "tats", data=movies, changes=changes)
    found = torch.load(run.checkpoints()[-1], weights_only=True)["network"]
    for key in ("transformer.head.weight", "vqgan.codebook.embeddings"):
        assert torch.equal(found[key], given[key.replace("vqgan.", "first_stage_model.")])
    changes = {f"network.{name}": text for name, text in SMALL.items()}
    vqgan = import_checkpoint(Path("vqgan.ckpt"), "tats-vqgan", data=movies, changes=changes)
    found = torch.load(vqgan.checkpoints()[-1], weights_only=True)["network"]
    key = "perceptual_model.lin0.model.1.weight"
    assert torch.equal(found[key], given[f"first_stage_model.{key}"])


def test_a_published_transformer_with_another_codebook_is_refused(movies, tmp_path):
    config = settings("tats", movies, network=replace(TRANSFORMER, vqgan=golden.VQGANS["vqgan_tiny"]))
    given = published(config, tmp_path)
    given["transformer.tok_emb.weight"] = torch.zeros(72, 16)
    with pytest.raises(DataError, match="knows 72 tokens and the codebook of its VQGAN has 48"):
        MODELS["tats"].from_published(given, config)


def test_the_papers_settings_are_tats_bases():
    preset = MODELS["tats"].presets["paper"]
    with torch.device("meta"):
        network = MODELS["tats"].build(
            RunConfig(model="tats", preset="paper", data=Path("x"), network=preset.network, training=preset.training)
        )
    assert sum(each.numel() for each in network.transformer.parameters()) == 336_128_000
