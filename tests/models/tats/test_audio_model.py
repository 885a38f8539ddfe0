"""TATS given sound, as users meet it: three networks trained on a clip set, and pictures made to sound."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_tats import AUDIO_TRANSFORMER, AUDIO_VQGAN, SPEC, VQGAN, settings, train, untrained_diffwave
from tiny import make_movies

from avbench.clipset import open_clipset
from avbench.errors import DataError, UsageError
from avbench.ranks import Ranks
from models.config import RunConfig
from models.draws import Draws
from models.importing import import_checkpoint
from models.model import Condition
from models.registry import MODELS
from models.sampling.conditions import Conditions
from models.sampling.sample import sample_run
from models.tats.vqgan import Vqgan
from models.training.job import prepare_job
from models.training.start import Request, choose


@pytest.fixture(scope="module")
def movies(tmp_path_factory):
    return make_movies(tmp_path_factory.mktemp("data") / "movies", 5, seed=1, seconds=1.0, size=16)


@pytest.fixture(scope="module")
def vqgans(movies, tmp_path_factory):
    """Of video and of sound."""
    runs = tmp_path_factory.mktemp("runs")
    return [train(settings(model, movies), runs / model) for model in ("tats-vqgan", "tats-audio-vqgan")]


@pytest.fixture(scope="module")
def stages(vqgans):
    return tuple(run.checkpoints()[-1] for run in vqgans)


@pytest.fixture(scope="module")
def tats(stages, movies, tmp_path_factory):
    return train(settings("tats-audio", movies, first_stages=stages), tmp_path_factory.mktemp("runs") / "tats-audio")


@pytest.fixture(scope="module")
def diffwave(movies, tmp_path_factory):
    return untrained_diffwave(tmp_path_factory.mktemp("runs") / "diffwave", movies)


@pytest.fixture(scope="module")
def pairs(diffwave, tats):
    return sample_run(tats, 3, first_stage=(diffwave, None)).base


def weights(run):
    return torch.load(run.checkpoints()[-1], weights_only=True)["network"]


def test_a_vqgan_of_sound_learns_without_discriminators_and_shows_spectrograms(vqgans):
    _, run = vqgans
    columns = set(run.metrics_file.read_text().splitlines()[0].split(","))
    assert columns >= {"l1", "commitment", "perplexity"} and not columns & {"fooling", "features", "video_hinge"}
    assert (run.path / "previews" / "00000004.mp4").exists()


def test_the_transformer_learns_and_both_vqgans_under_it_stay_as_they_were(vqgans, tats):
    found = weights(tats)
    for part, run in zip(("vqgan.", "audio_vqgan."), vqgans, strict=True):
        kept = {key.removeprefix(part): tensor for key, tensor in found.items() if key.startswith(part)}
        own = weights(run)
        assert kept and all(torch.equal(own[key], tensor) for key, tensor in kept.items())
    assert float(found["transformer.pos_emb"].abs().max()) > 0
    assert (tats.path / "previews" / "00000004.mp4").exists()


def test_pictures_are_made_to_fit_the_sound_of_clips(tats, movies):
    conditions = Conditions(movies, "audio", SPEC, split="train", seed=0)
    folder = sample_run(tats, 2, conditions=conditions).base
    assert folder.name == "a2v-movies-tokens-p0.92-seed0-step4"
    given = conditions.of(range(2), torch.device("cpu"), as_published=False).value
    clips = open_clipset(folder)
    for index in range(2):
        clip = clips.clip(index, spec=SPEC)
        assert clip.video.shape == (4, 16, 16, 3)
        assert np.abs(clip.audio - given[index].numpy()).max() <= 0.5 / 32768


@pytest.fixture
def network(tats):
    """One whose tokens depend on its sound."""
    torch.manual_seed(0)
    network = MODELS["tats-audio"].build(tats.config).eval()
    for parameter in network.transformer.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    vectors = network.audio_vqgan.vectors(2 * torch.rand(AUDIO_VQGAN.codes, 1, 4, 8, 4) - 1)
    network.audio_vqgan.codebook.embeddings.copy_(vectors[:, :, 0, 0, 0].detach())  # fresh ones lie elsewhere
    return network


def made(network, tats, audio, *members):
    given = Condition("audio", audio, guidance="replace", scale=0.0, as_published=False)
    return MODELS["tats-audio"].generate(network, tats.config, Draws(0, "sample", members=members), condition=given)


def test_a_sample_depends_on_its_number_and_its_sound_alone(network, tats):
    audio = torch.rand(3, 1, SPEC.samples, generator=torch.Generator().manual_seed(0)) - 0.5
    audio[2] = 0
    together = made(network, tats, audio, 3, 7, 7)["video"]
    torch.testing.assert_close(made(network, tats, audio[1:2], 7)["video"], together[1:2])
    assert not torch.equal(together[1], together[2])


def test_sound_of_another_length_than_it_was_trained_on_is_refused(network, tats):
    with pytest.raises(UsageError, match=r"the sound has the shape \(1, 300\) .* takes \(1, 400\)"):
        made(network, tats, torch.zeros(1, 1, 300), 0)


def test_without_sound_it_makes_nothing(tats):
    with pytest.raises(UsageError, match="--from-audio CLIPSET, or let another run make it: `avbench sample --two-st"):
        sample_run(tats, 1)
    assert not list(tats.samples_folder.glob("tokens*"))


def test_it_can_be_given_no_pictures_and_needs_no_guidance(tats, movies):
    with pytest.raises(UsageError, match="makes video and audio, and can be given audio; it cannot be given video"):
        sample_run(tats, 1, conditions=Conditions(movies, "video", SPEC, split="train", seed=0))
    guided = Conditions(movies, "audio", SPEC, split="train", seed=0, guidance="gradient", scale=3.0)
    with pytest.raises(UsageError, match="was trained on sound and needs no guidance; leave --guidance out"):
        sample_run(tats, 1, conditions=guided)


def test_two_stages_make_clips_that_hold_the_first_ones_sound(diffwave, pairs):
    assert pairs.name == "two-stage-diffwave-step3-tokens-p0.92-seed0-step4"
    alone, joint = open_clipset(sample_run(diffwave, 3).base), open_clipset(pairs)
    for index in range(3):
        heard = joint.clip(index, spec=SPEC)
        assert heard.video.shape == (4, 16, 16, 3) and np.abs(heard.audio).max() > 0
        assert np.array_equal(heard.audio, alone.clip(index, 0, SPEC, video=False, audio=True).audio)


def test_the_manifest_tells_which_runs_made_the_clips(diffwave, tats, pairs):
    told = json.loads((pairs / "clipset.json").read_text())["made"]["settings"]
    first, second = told["condition"]["network"], told["network"]
    assert (first["run"], first["model"], first["step"]) == (diffwave.name, "diffwave", 3)
    assert (second["run"], second["model"], second["step"]) == (tats.name, "tats-audio", 4)
    assert told["condition"]["sampling"] == {"solver": "ddpm", "steps": 5}


def test_a_pair_is_the_same_whatever_is_made_beside_it_and_is_not_made_again(diffwave, tats, pairs, tmp_path):
    again = sample_run(tats, 3, first_stage=(diffwave, None), out=tmp_path / "again", batch_size=1).base
    for name in (f"sample-{number:06d}.mp4" for number in range(3)):
        assert (again / name).read_bytes() == (pairs / name).read_bytes()
    kept = (pairs / "sample-000000.mp4").stat().st_mtime_ns
    assert len(open_clipset(sample_run(tats, 5, first_stage=(diffwave, None)).base)) == 5
    assert (pairs / "sample-000000.mp4").stat().st_mtime_ns == kept


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (replace(SPEC, sample_rate=2000), r"diffwave makes 0\.4 s of sound at 2,000 Hz, and tats-audio takes 0\.4 s"),
        (replace(SPEC, frames=8), r"makes 0\.8 s of sound at 1,000 Hz, and tats-audio takes 0\.4 s .* at 1,000 Hz"),
    ],
)
def test_stages_of_unlike_sound_are_refused(tats, movies, tmp_path, spec, message):
    first = untrained_diffwave(tmp_path / "diffwave", movies, spec)
    with pytest.raises(UsageError, match=message):
        sample_run(tats, 1, first_stage=(first, None))


def test_the_first_of_two_stages_makes_sound_alone(diffwave, tats):
    with pytest.raises(UsageError, match="tats-audio makes video and audio; the first of two stages is a run that"):
        sample_run(tats, 1, first_stage=(tats, None))
    with pytest.raises(UsageError, match="diffwave makes audio, and can be given nothing; it cannot be given audio"):
        sample_run(diffwave, 1, first_stage=(diffwave, None))


@pytest.mark.parametrize("model", ["tats-audio-vqgan", "tats-audio"])
def test_a_data_set_without_sound_is_refused(model, tmp_path):
    silent = make_movies(tmp_path / "silent", 1, sound=False, size=16)
    with pytest.raises(DataError, match="1 without sound"):
        prepare_job(settings(model, silent), Ranks())


@pytest.mark.parametrize("part", ["vqgan", "audio_vqgan"])
def test_a_vqgan_of_other_codes_than_the_transformers_is_refused(part, stages, movies):
    own = getattr(AUDIO_TRANSFORMER, part)
    network = replace(AUDIO_TRANSFORMER, **{part: replace(own, codes=own.codes + 1)})
    config = settings("tats-audio", movies, network=network, first_stages=stages)
    with pytest.raises(DataError, match=rf"codebook\.embeddings is \({own.codes}, 8\) in the checkpoint"):
        prepare_job(config, Ranks())


def request(vqgans, movies, **changes):
    names = tuple(str(run.path) for run in reversed(vqgans))
    return Request(model="tats-audio", preset="tiny", data=movies, first_stages=names, changes=changes)


def test_a_transformer_takes_over_the_settings_of_both_vqgans(vqgans, stages, movies, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    changes = {"spec.sample_rate": "1000", "spec.frames": "8", "network.layers": "1"}
    chosen = choose(request(vqgans, movies, **changes)).config
    assert (chosen.network.vqgan, chosen.network.audio_vqgan) == (AUDIO_TRANSFORMER.vqgan, AUDIO_VQGAN)
    assert chosen.first_stages == stages


def test_a_vqgan_that_heard_another_sample_rate_is_refused(vqgans, movies, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"trained on sound at 1,000 Hz .* trained at 4,000 Hz and 10 fps"):
        choose(request(vqgans, movies))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": 8}, "a frame of 100 samples .* cannot be cut into 8 columns"),
        ({"bands": 6}, "4 frames of 6 bands and 4 columns of sound cannot be cut into tokens of 2 x 4 x 4"),
        ({"bands": 0}, "network.bands is 0; it must be at least 1"),
    ],
)
def test_sound_that_cannot_be_cut_into_tokens_is_refused(change, message):
    with pytest.raises(UsageError, match=message):
        replace(AUDIO_VQGAN, **change).grid(SPEC)


def test_a_vqgan_of_sound_makes_nothing_of_its_own(vqgans):
    with pytest.raises(UsageError, match="turns audio into tokens and back; .* `avbench train tats-audio --first-st"):
        sample_run(vqgans[1], 1)


@pytest.fixture
def published(tmp_path):
    """The weights in a file as Lightning writes it, of a TATS that is given sound; and a file of its second VQGAN."""
    torch.manual_seed(0)
    audio = Vqgan(AUDIO_VQGAN, image_channels=1)
    transformer = MODELS["tats-audio"].build(settings("tats-audio", tmp_path)).transformer
    parts = {"first_stage_model": Vqgan(VQGAN), "cond_stage_model": audio, "transformer": transformer}
    torch.save({"epoch": 3, "state_dict": audio.state_dict(), "hyper_parameters": {}}, tmp_path / "stft.ckpt")
    return {f"{name}.{key}": tensor for name, part in parts.items() for key, tensor in part.state_dict().items()}


def test_published_files_become_runs_and_tell_what_they_lack(published, tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    changes = {f"network.{name}": str(value).lower() for name, value in asdict(AUDIO_VQGAN).items()}
    changes |= {"spec.frames": "4", "spec.sample_rate": "1000"}
    vqgan = import_checkpoint(Path("stft.ckpt"), "tats-audio-vqgan", data=Path("x"), changes=changes)
    key = "codebook.embeddings"
    assert torch.equal(weights(vqgan)[key], published[f"cond_stage_model.{key}"])
    assert "nobody has published from what spectrograms" in caplog.text
    found = MODELS["tats-audio"].from_published(published, settings("tats-audio", tmp_path)).state_dict()
    for part, theirs in (("vqgan", "first_stage_model"), ("audio_vqgan", "cond_stage_model")):
        assert torch.equal(found[f"{part}.{key}"], published[f"{theirs}.{key}"])


def test_a_published_transformer_of_other_codebooks_is_refused(published, tmp_path):
    published["transformer.tok_emb.weight"] = torch.zeros(80, 16)
    with pytest.raises(DataError, match=r"knows 80 tokens and the codebooks of its VQGANs have 24 \+ 12"):
        MODELS["tats-audio"].from_published(published, settings("tats-audio", tmp_path))


def test_the_papers_settings_have_the_published_size():
    preset = MODELS["tats-audio"].presets["paper"]
    config = RunConfig(
        model="tats-audio", preset="paper", data=Path("x"), network=preset.network, training=preset.training
    )
    with torch.device("meta"):
        network = MODELS["tats-audio"].build(config)
    assert sum(each.numel() for each in network.transformer.parameters()) == 338_290_688
    assert network.transformer.condition_tokens == 64
