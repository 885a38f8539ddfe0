"""Samples of MM-Diffusion itself, at a size that computes in moments."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from avbench.settings import changed
from models.config import RunConfig, SamplingConfig
from models.model import Condition
from models.registry import MODELS
from models.sampling.maker import SampleMaker
from models.sampling.network import SamplingNetwork
from models.sampling.settings import ConditionSettings, NetworkSettings

SMALL = {
    "network.channels": "32",
    "network.channel_mult": "1,2",
    "network.self_attention_factors": "2",
    "network.cross_attention_factors": "2",
    "network.windows": "2",
    "network.cross_head_channels": "32",
    "network.frames": "4",
    "spec.frames": "4",
    "spec.size": "8",
    "spec.sample_rate": "640",
}


@pytest.fixture(scope="module")
def network():
    """A small coupled U-Net whose output depends on all its weights."""
    model = MODELS["mm-diffusion"]
    preset = model.presets["tiny"]
    fields = {name: getattr(preset, name) for name in ("spec", "network", "training", "sampling")}
    config = changed(RunConfig(model="mm-diffusion", preset="tiny", data=Path("x"), **fields), SMALL)
    torch.manual_seed(0)
    network = model.build(config).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.02 * torch.randn_like(parameter)
    settings = NetworkSettings(run="small", model="mm-diffusion", step=0, weights_sha256="")
    return SamplingNetwork(model, config, network, torch.device("cpu"), settings)


@pytest.mark.parametrize(
    "solver", ["dpm", *(pytest.param(name, marks=pytest.mark.slow) for name in ("dpm++", "sde-dpm++", "ddim", "ddpm"))]
)
def test_a_sample_is_the_same_in_a_batch_of_any_size_up_to_rounding(network, solver, monkeypatch):
    monkeypatch.setattr("models.sampling.maker.to_clip", lambda sample, *_, **__: sample)
    maker = SampleMaker(network, SamplingConfig(solver=solver, steps=20), seed=0)
    together = maker.make([0, 1, 2])[0]
    for number in range(3):
        (alone,) = maker.make([number])[0]
        for modality in ("video", "audio"):
            made = together[number][modality]
            assert (alone[modality] - made).abs().max() < 1e-4 * made.std()


def test_samples_of_one_seed_differ_from_each_other_and_from_those_of_another(network):
    clips = [
        clip.video.tobytes()
        for seed in (0, 1)
        for clip in SampleMaker(network, SamplingConfig(steps=4), seed).make([0, 1])[0]
    ]
    assert len(set(clips)) == 4


def made_to_fit(network, modality, value, *, as_published):
    """The clip that `network` makes when it is given `value`."""
    condition = Condition(modality, value[None], guidance="replace", scale=0.0, as_published=as_published)
    settings = ConditionSettings(
        modality=modality, clipset="", fingerprint="", split="", guidance="replace", scale=0.0, per_condition=1
    )
    conditions = SimpleNamespace(settings=settings, of=lambda numbers, device, as_published: condition)
    sampling = SamplingConfig(solver="ddpm", steps=3)
    maker = SampleMaker(network, sampling, seed=0, conditions=conditions, as_published=as_published)
    return maker.make([0])[0][0]


@pytest.mark.parametrize("as_published", [False, True])
def test_a_movie_holds_the_true_sound_that_it_was_made_to_fit(network, as_published, monkeypatch):
    monkeypatch.setattr("models.sampling.maker.check_files", lambda *_, **__: None)
    sound = torch.linspace(-0.9, 0.9, 256)[None]
    clip = made_to_fit(network, "audio", sound, as_published=as_published)
    assert all(channel.tolist() == sound[0].tolist() for channel in clip.audio)


def test_a_movie_holds_the_true_pictures_but_as_published_those_that_the_network_made_of_them(network, monkeypatch):
    monkeypatch.setattr("models.sampling.maker.check_files", lambda *_, **__: None)
    levels = torch.arange(3 * 4 * 8 * 8).reshape(3, 4, 8, 8) % 256
    ours, published = (made_to_fit(network, "video", levels / 127.5 - 1, as_published=flag) for flag in (False, True))
    shown = levels.permute(1, 2, 3, 0).numpy()
    assert (ours.video == shown).all() and not (published.video == shown).all()
