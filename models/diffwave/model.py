"""DiffWave as a model: sound alone, row 4 of the paper's Tables 1 and 2, and the first half of the 2-stage pipeline.

Presets: `paper` is unconditional DiffWave for the paper's 1.6 s at 16 kHz, `base` the same on one GPU, `released` the
authors' SC09 network, `tiny` one that trains on a CPU.
"""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from avbench.clip import ClipSpec
from avbench.clipset import ClipSet
from avbench.errors import UsageError
from models.clip_examples import ClipExamples
from models.config import RunConfig, SamplingConfig, Solver, TrainingConfig
from models.diffusion.objective import diffuse
from models.diffusion.schedule import Schedule
from models.diffusion.state import State
from models.diffusion.timesteps import draw_timesteps
from models.diffwave.config import PAPER, RELEASED, TINY, DiffWaveConfig
from models.diffwave.network import DiffWave
from models.diffwave.published import published_weights
from models.diffwave.sampling import sample
from models.draws import Draws
from models.model import Condition, Examples, Losses, Modality, Model, OnStep, Preset, Tensors
from models.registry import MODELS

# MM-Diffusion says of this baseline that it is the official code, and no more. So network, schedule and loss are those
# of the DiffWave paper's unconditional SC09 experiment (section 5.2 and the authors' config.json), and so are Adam at
# 2e-4 without decay or schedule, batches of 16 and 1,000,000 steps, without clipping. Neither public code averages
# weights. Ours are the length of 1.6 s (only crops and samples change: the network is convolutional), the first channel
# of stereo, as MM-Diffusion's loader takes it, and lmnt's variant, since its checkpoints tell their settings. Memory is
# counted, not measured: 20 bytes for each of 24 million parameters, and what a step keeps for its gradients.
_PAPER = Preset(
    spec=ClipSpec(),
    network=PAPER,
    training=TrainingConfig(steps=1_000_000, batch_size=16, learning_rate=2e-4, ema_decay=0.0, channel="left"),
    sampling=SamplingConfig(solver="ddpm", steps=PAPER.diffusion_steps),
    fixed_gib=0.6,
    sample_gib=4.2,
)
_BASE = dataclasses.replace(
    _PAPER,
    training=dataclasses.replace(_PAPER.training, accumulation=2, activation_checkpointing=True),
    sample_gib=1.3,
)
# SC09's words last 1 s.
_RELEASED = dataclasses.replace(_PAPER, network=RELEASED, spec=ClipSpec(frames=10), sample_gib=2.6)
_TINY = Preset(
    spec=ClipSpec(sample_rate=4000),
    network=TINY,
    training=TrainingConfig(
        steps=600,
        batch_size=8,
        learning_rate=1e-3,
        learning_rate_decay=0.5,
        ema_decay=0.999,
        ema_warmup=True,
        preview_every=200,
        checkpoint_every=100,
    ),
    sampling=SamplingConfig(solver="ddpm", steps=TINY.diffusion_steps),
    fixed_gib=0.7,
    sample_gib=0.1,
)


class DiffWaveModel(Model):
    """Unconditional DiffWave. Source: Kong et al. 2021, "DiffWave: A Versatile Diffusion Model for Audio Synthesis"."""

    modalities: ClassVar[tuple[Modality, ...]] = ("audio",)
    network_config: ClassVar[type] = DiffWaveConfig
    presets: ClassVar[Mapping[str, Preset]] = MappingProxyType(
        {"paper": _PAPER, "base": _BASE, "released": _RELEASED, "tiny": _TINY}
    )
    solvers: ClassVar[tuple[Solver, ...]] = ("ddpm", "fast")

    def build(self, config: RunConfig) -> nn.Module:
        network = DiffWave(config.network)
        network.activation_checkpointing = config.training.activation_checkpointing
        return network

    def published_weights(self, content: Any) -> Tensors:
        return super().published_weights(published_weights(content))

    def from_published(self, state_dict: Tensors, config: RunConfig) -> nn.Module:
        return DiffWave.from_published(state_dict, config.network)

    def examples(self, clipset: ClipSet, config: RunConfig) -> Examples:
        return ClipExamples(
            clipset, config.spec, modalities=self.modalities, split=config.split, channel=config.training.channel
        )

    def optimizers(self, network: nn.Module, config: RunConfig) -> Mapping[str, Optimizer]:
        """Adam without decay of weights, as both public codes."""
        return {"network": Adam(network.parameters(), lr=config.training.learning_rate)}

    def losses(self, network: nn.Module, batch: Tensors, draws: Draws, config: RunConfig) -> Losses:
        """The error of the predicted noise, mean square or mean absolute. Kong et al. 2021, algorithm 1."""
        schedule, clean = _schedule(config), batch["audio"]
        noise = draws.normal("noise", "audio", shape=clean.shape[1:])
        steps = draw_timesteps(draws, config.training.timesteps, schedule)
        (noisy,) = diffuse((clean,), (noise,), steps, schedule)
        error = network(noisy, steps).float() - noise
        error = error.abs() if config.network.loss == "l1" else error.square()
        return Losses({"audio": error.flatten(1).mean(1)}, steps / len(schedule))

    def generate(
        self,
        network: nn.Module,
        config: RunConfig,
        draws: Draws,
        *,
        condition: Condition | None = None,
        on_step: OnStep | None = None,
    ) -> dict[Modality, Tensor]:
        schedule, sampling = _schedule(config), config.sampling
        if sampling.solver == "ddpm" and sampling.steps != len(schedule):
            raise UsageError(
                f"sampling.steps is {sampling.steps}; diffwave's ddpm visits all of its {len(schedule)} steps, so give "
                f"--steps {len(schedule)}, or --solver fast"
            )

        def noise(name: str | int) -> State:
            return (draws.normal("noise", name, "audio", shape=(1, config.spec.samples)),)

        def denoise(state: State, steps: Tensor) -> State:
            return (network(*state, steps),)

        (audio,) = sample(
            denoise,
            noise("initial"),
            noise,
            schedule,
            fast=sampling.solver == "fast",
            clamp=config.network.variant == "lmnt",
            on_step=on_step,
        )
        return {"audio": audio}


def _schedule(config: RunConfig) -> Schedule:
    network = config.network
    betas = np.linspace(network.beta_start, network.beta_end, network.diffusion_steps, dtype=np.float64)
    return Schedule(betas=betas, timesteps=np.arange(network.diffusion_steps))


MODELS.register("diffwave")(DiffWaveModel())
