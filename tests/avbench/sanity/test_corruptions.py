import numpy as np
import pytest
import torch

from avbench.registry import Registry
from avbench.sanity import corruptions
from avbench.sanity.corruptions import CORRUPTIONS, corruption

RATE = 16_000


def window_for(corruption):
    generator = torch.Generator().manual_seed(1)
    if corruption.modality == "video":
        return torch.rand(3, 16, 32, 32, generator=generator), 10.0
    return torch.rand(1, 25_600, generator=generator) - 0.5, RATE


def each_strength():
    return [(name, strength) for name in CORRUPTIONS for strength in CORRUPTIONS[name].strengths]


def test_the_issues_corruptions_are_there():
    video = {name for name in CORRUPTIONS if CORRUPTIONS[name].modality == "video"}
    audio = {name for name in CORRUPTIONS if CORRUPTIONS[name].modality == "audio"}
    assert video >= {"noise", "blur", "frame-shuffle", "frame-drop", "black"}
    assert audio >= {"white-noise", "low-pass", "clipping", "pitch-shift", "silence", "audio-video-shift"}


@pytest.mark.parametrize(("name", "strength"), each_strength())
def test_a_window_stays_a_window_but_another_one(name, strength):
    window, rate = window_for(CORRUPTIONS[name])
    before = window.clone()
    corrupted = CORRUPTIONS[name].at(strength, rate=rate, seed=0)(window, "clip@0")
    assert corrupted.shape == window.shape and corrupted.dtype == torch.float32
    assert corrupted.min() >= (0 if CORRUPTIONS[name].modality == "video" else -1) and corrupted.max() <= 1
    assert not torch.equal(corrupted, window)
    assert torch.equal(window, before)


@pytest.mark.parametrize("name", sorted(set(CORRUPTIONS) - {"pitch-shift", "audio-video-shift"}))
def test_every_step_of_strength_changes_the_window_more(name):
    window, rate = window_for(CORRUPTIONS[name])
    changes = [
        (CORRUPTIONS[name].at(strength, rate=rate, seed=0)(window, "clip@0") - window).abs().mean()
        for strength in CORRUPTIONS[name].strengths
    ]
    assert (np.diff(changes) > 0).all()


@pytest.mark.parametrize("name", list(CORRUPTIONS))
def test_a_sound_without_signal_and_a_black_picture_give_finite_values(name):
    window, rate = window_for(CORRUPTIONS[name])
    strongest = CORRUPTIONS[name].at(CORRUPTIONS[name].strengths[-1], rate=rate, seed=0)
    assert strongest(torch.zeros_like(window), "clip@0").isfinite().all()


@pytest.mark.parametrize("name", ["noise", "frame-shuffle", "frame-drop", "white-noise"])
def test_randomness_follows_from_the_seed_and_the_windows_name_alone(name):
    window, rate = window_for(CORRUPTIONS[name])
    one = CORRUPTIONS[name].at(CORRUPTIONS[name].strengths[1], rate=rate, seed=0)
    assert torch.equal(one(window, "clip@0"), one(window, "clip@0"))
    assert not torch.equal(one(window, "clip@0"), one(window, "clip@8/5"))
    other_seed = CORRUPTIONS[name].at(CORRUPTIONS[name].strengths[1], rate=rate, seed=1)
    assert not torch.equal(one(window, "clip@0"), other_seed(window, "clip@0"))


def test_every_corruption_strength_and_seed_has_an_identity_of_its_own():
    identities = [
        CORRUPTIONS[name].at(strength, rate=1.0, seed=seed).identity
        for name, strength in each_strength()
        for seed in (0, 1)
    ]
    assert len(set(identities)) == len(identities)


def test_a_new_corruption_is_one_decorated_function(monkeypatch):
    monkeypatch.setattr(corruptions, "CORRUPTIONS", Registry("corruption", "avbench.sanity"))

    @corruption("test-negative", modality="video", strengths=(1.0,), unit="times")
    def negative(picture, strength, rate, randomness):
        return 1 - picture

    black = torch.zeros(3, 2, 4, 4)
    assert corruptions.CORRUPTIONS["test-negative"].at(1.0, rate=10.0, seed=0)(black, "a").min() == 1
