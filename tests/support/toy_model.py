"""A model of two modalities that trains and samples in milliseconds: every part of a real one, and none of its size.

Importing registers it as "toy", so that `--plugin` can give it to the command line too. It predicts the noise in video
and sound from the noisy pair; sound moves pictures and the other way round through their means, shifted in time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from avbench.clip import ClipSpec
from avbench.clipset import ClipSet
from avbench.errors import DataError, UsageError
from models.config import RunConfig, SamplingConfig, TrainingConfig
from models.draws import Draws
from models.model import Condition, Examples, Losses, Modality, Model, OnStep, Preset, Tensors
from models.registry import MODELS

TIMESTEPS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyConfig:
    """The settings of `ToyNetwork`."""

    channels: int = 4
    dropout: float = 0.1

    def __post_init__(self) -> None:
        if self.channels < 1:
            raise UsageError(f"a network of {self.channels} channels; it needs at least one")


class ToyNetwork(nn.Module):
    """Two layers for each modality, and the mean of the other one. Shapes as those of `models.mm_diffusion`."""

    def __init__(self, config: ToyConfig) -> None:
        super().__init__()
        width = config.channels
        self.video_in, self.video_out = nn.Conv3d(3, width, (1, 3, 3), padding=(0, 1, 1)), nn.Conv3d(width, 3, 1)
        self.audio_in, self.audio_out = nn.Conv1d(1, width, 3, padding=1), nn.Conv1d(width, 1, 1)
        self.time = nn.Linear(1, width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, video: Tensor, audio: Tensor, timesteps: Tensor, shift: int = 0) -> tuple[Tensor, Tensor]:
        time_BC = self.time(timesteps[:, None].float() / TIMESTEPS)
        v, a = self.video_in(video), self.audio_in(audio)
        v_mean, a_mean = v.mean((2, 3, 4)), a.roll(shift, -1)[..., : a.shape[-1] // 2].mean(-1)
        v = self.dropout(torch.tanh(v + (time_BC + a_mean)[..., None, None, None]))
        a = self.dropout(torch.tanh(a + (time_BC + v_mean)[..., None]))
        return self.video_out(v), self.audio_out(a)


class ToyExamples:
    """As many as there are clips, in the place of their pictures and sound: waves, each clip its own, in any phase."""

    def __init__(self, count: int, spec: ClipSpec) -> None:
        self._count = count
        self._spec = spec

    def __len__(self) -> int:
        return self._count

    def read(self, index: int, generator: np.random.Generator) -> dict[str, Tensor]:
        phase = 2 * np.pi * generator.random()
        shape = (3, self._spec.frames, self._spec.size, self._spec.size)
        video, audio = torch.arange(np.prod(shape)).reshape(shape), torch.arange(self._spec.samples)[None]
        return {name: torch.sin(wave * (index + 1) / 50 + phase) for name, wave in (("video", video), ("audio", audio))}


class ToyModel(Model):
    modalities: ClassVar[tuple[Modality, ...]] = ("video", "audio")
    network_config: ClassVar[type] = ToyConfig
    presets: ClassVar[Mapping[str, Preset]] = {
        "tiny": Preset(
            spec=ClipSpec(frames=4, size=8, sample_rate=500),
            network=ToyConfig(),
            training=TrainingConfig(
                steps=6,
                batch_size=4,
                learning_rate=1e-2,
                ema_warmup=True,
                log_every=1,
                preview_every=1000,
                checkpoint_every=2,
            ),
            sampling=SamplingConfig(solver="ddim", steps=5),
            fixed_gib=0.01,
            sample_gib=0.001,
        )
    }

    def build(self, config: RunConfig) -> nn.Module:
        return ToyNetwork(config.network)

    def from_published(self, state_dict: Tensors, config: RunConfig) -> nn.Module:
        network = ToyNetwork(config.network)
        try:
            network.load_state_dict(dict(state_dict))
        except RuntimeError as error:
            raise DataError(f"this is the checkpoint of another network: {error}") from error
        return network

    def examples(self, clipset: ClipSet, config: RunConfig) -> Examples:
        return ToyExamples(len(clipset), config.spec)

    def losses(self, network: nn.Module, batch: Tensors, draws: Draws, config: RunConfig) -> Losses:
        video, audio = batch["video"], batch["audio"]
        noise_v = draws.normal("video", shape=video.shape[1:])
        noise_a = draws.normal("audio", shape=audio.shape[1:])
        timesteps = draws.integers("timestep", high=TIMESTEPS)
        a, s = _levels(timesteps)
        shift = int(draws.shared("shift").integers(audio.shape[-1]))
        out_v, out_a = network(_mix(a, video, s, noise_v), _mix(a, audio, s, noise_a), timesteps, shift)
        parts = {
            "video": (out_v - noise_v).square().mean((1, 2, 3, 4)),
            "audio": (out_a - noise_a).square().mean((1, 2)),
        }
        return Losses(parts, timesteps / TIMESTEPS)

    def generate(
        self,
        network: nn.Module,
        config: RunConfig,
        draws: Draws,
        *,
        condition: Condition | None = None,
        on_step: OnStep | None = None,
    ) -> dict[Modality, Tensor]:
        """DDIM, whatever solver the settings name."""
        spec = config.spec
        state = [
            draws.normal("video", shape=(3, spec.frames, spec.size, spec.size)),
            draws.normal("audio", shape=(1, spec.samples)),
        ]
        steps = np.linspace(TIMESTEPS - 1, 0, config.sampling.steps).round().astype(int)
        with torch.no_grad():
            for done, (now, after) in enumerate(zip(steps, [*steps[1:], -1], strict=True), start=1):
                if condition is not None:
                    state[self.modalities.index(condition.modality)] = condition.value
                t, after_t = (torch.full((len(draws.members),), int(value)) for value in (now, after))
                predicted = network(*state, t)
                (a, s), (next_a, next_s) = _levels(t), _levels(after_t)
                clean = [_mix(1 / a, x, -s / a, e) for x, e in zip(state, predicted, strict=True)]
                state = [_mix(next_a, x, next_s, e) for x, e in zip(clean, predicted, strict=True)]
                if on_step is not None:
                    on_step(done, len(steps))
        samples = dict(zip(self.modalities, state, strict=True))
        return samples | ({condition.modality: condition.value} if condition is not None else {})


def _levels(timesteps: Tensor) -> tuple[Tensor, Tensor]:
    """Signal and noise levels (B,); t = -1 is clean."""
    angle = (timesteps + 1) / TIMESTEPS * (np.pi / 2) * 0.98
    return angle.cos(), angle.sin()


def _mix(a: Tensor, x: Tensor, s: Tensor, noise: Tensor) -> Tensor:
    ones = [1] * (x.ndim - 1)
    return a.view(-1, *ones) * x + s.view(-1, *ones) * noise


if "toy" not in MODELS:
    MODELS.register("toy")(ToyModel())
