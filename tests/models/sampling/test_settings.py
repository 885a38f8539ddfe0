"""What decides a sample, as text and as a folder's name."""

import dataclasses

import pytest

from avbench.clip import ClipSpec
from models.config import SamplingConfig
from models.sampling.settings import ConditionSettings, NetworkSettings, SampleSettings

NETWORK = NetworkSettings(run="mine", model="mm-diffusion", step=390, weights_sha256="0" * 64)
BASE = SampleSettings(
    network=NETWORK, spec=ClipSpec(), sampling=SamplingConfig(solver="dpm", steps=20), seed=0, as_published=False
)
CONDITION = ConditionSettings(
    modality="audio", clipset="drums", fingerprint="f", split="test", guidance="replace", scale=0.0, per_condition=1
)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "dpm20-seed0-step390"),
        ({"seed": 7, "sampling": SamplingConfig(solver="ddpm", steps=1000)}, "ddpm1000-seed7-step390"),
        ({"sampling": SamplingConfig(solver="dpm++-adaptive")}, "dpm++-adaptive-seed0-step390"),
        ({"as_published": True}, "dpm20-seed0-step390-published"),
        ({"condition": CONDITION}, "a2v-drums-dpm20-seed0-step390"),
        ({"condition": dataclasses.replace(CONDITION, modality="video")}, "v2a-drums-dpm20-seed0-step390"),
        (
            {"condition": dataclasses.replace(CONDITION, guidance="gradient", scale=3.0, per_condition=4)},
            "a2v-drums-gradient3-x4-dpm20-seed0-step390",
        ),
        ({"upsampler": NETWORK, "spec": ClipSpec(size=256)}, "dpm20-seed0-step390-sr256"),
    ],
)
def test_a_folders_name_tells_what_commonly_differs(changes, name):
    assert dataclasses.replace(BASE, **changes).set_name == name


def test_meta_leaves_out_the_steps_that_a_solver_chooses():
    assert BASE.meta == {"model": "mm-diffusion", "seed": 0, "steps": 20}
    adaptive = dataclasses.replace(BASE, sampling=SamplingConfig(solver="dpm++-adaptive"))
    assert adaptive.meta == {"model": "mm-diffusion", "seed": 0}
