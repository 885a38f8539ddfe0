"""Samples of MM-Diffusion itself, at a size that computes in moments."""

from pathlib import Path

import pytest
import torch

from avbench.settings import changed
from models.config import RunConfig, SamplingConfig
from models.registry import MODELS
from models.sampling.maker import SampleMaker
from models.sampling.network import SamplingNetwork
from models.sampling.settings import NetworkSettings

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
    "solver", ["dpm", *(pytest.param(name, marks=pytest.mark.slow) for name in ("dpm++", "ddim", "ddpm"))]
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
