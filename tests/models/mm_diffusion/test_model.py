"""What the U-Nets are given, and what becomes of it: sound is companded on its way in and out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from avbench.clip import ClipSpec
from models.config import RunConfig, SamplingConfig
from models.diffusion.companding import compress
from models.diffusion.schedule import linear_schedule
from models.draws import Draws
from models.mm_diffusion.model import PRESETS
from models.model import Condition
from models.registry import MODELS

TINY = PRESETS["tiny"]
SPEC = ClipSpec(frames=4, size=4, sample_rate=1000)
CONFIG = RunConfig(
    model="mm-diffusion",
    preset="tiny",
    data=Path("data/none"),
    spec=SPEC,
    network=replace(TINY.network, companding=8.0),
    training=TINY.training,
    sampling=SamplingConfig(solver="ddim", steps=10),
)
ALPHA_BAR = torch.from_numpy(linear_schedule(1000).alpha_bar).float()
SOUND = 0.2 * torch.sin(torch.arange(SPEC.samples) / 7).repeat(2, 1, 1)


class Network(nn.Module):
    """Stands for a network: tells the noise by a function of the noisy sound and the timesteps."""

    shift_ranges = (1,)

    def __init__(self, noise_of: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.noise_of = noise_of
        self.heard: list[tuple[Tensor, Tensor]] = []

    def forward(self, *given: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        video, sound, timesteps = given[:3] if len(given) == 4 else (None, *given)
        self.heard.append((sound, timesteps))
        noise = self.noise_of(sound, timesteps)
        return noise if video is None else (torch.zeros_like(video), noise)


def levels(timesteps: Tensor) -> tuple[Tensor, Tensor]:
    """sqrt(ᾱ) and sqrt(1 - ᾱ): (B, 1, 1) each."""
    kept = ALPHA_BAR[timesteps.long()].view(-1, 1, 1)
    return kept.sqrt(), (1 - kept).sqrt()


def test_noise_is_added_to_compressed_sound():
    network = Network(lambda sound, timesteps: torch.zeros_like(sound))
    draws = Draws(0, "train", 1, members=(0, 1))
    MODELS["audio-only"].losses(network, {"audio": SOUND}, draws, CONFIG)
    noisy, timesteps = network.heard[0]
    alpha, sigma = levels(timesteps)
    noise = draws.normal("noise", "audio", shape=SOUND.shape[1:])
    torch.testing.assert_close(noisy, alpha * compress(SOUND, 8.0) + sigma * noise)


def test_samples_are_expanded_again():
    def noise_over_the_sound(noisy, timesteps):
        alpha, sigma = levels(timesteps)
        return (noisy - alpha * compress(SOUND, 8.0)) / sigma

    draws = Draws(0, "sample", members=(0, 1))
    made = MODELS["audio-only"].generate(Network(noise_over_the_sound), CONFIG, draws)
    torch.testing.assert_close(made["audio"], SOUND, atol=1e-3, rtol=0)


def test_given_sound_is_compressed_as_well():
    network = Network(lambda sound, timesteps: torch.zeros_like(sound))
    condition = Condition(modality="audio", value=SOUND, guidance="replace", scale=1.0, as_published=False)
    MODELS["mm-diffusion"].generate(network, CONFIG, Draws(0, "sample", members=(0, 1)), condition=condition)
    noisy, timesteps = network.heard[-1]
    alpha, sigma = levels(timesteps)
    error = noisy / alpha - compress(SOUND, 8.0)
    assert error.std() == pytest.approx((sigma / alpha).mean().item(), rel=0.1)
