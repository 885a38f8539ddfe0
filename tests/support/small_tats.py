"""TATS's networks of video and of sound, small enough to be trained in a test, and runs of them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from avbench.clip import ClipSpec
from avbench.ranks import Ranks
from models.checkpoint import Checkpoint, save_checkpoint
from models.config import RunConfig, SamplingConfig
from models.diffwave.config import DiffWaveConfig
from models.registry import MODELS
from models.run import Run
from models.tats.config import AudioVqganConfig, TatsAudioConfig, TatsConfig, VqganConfig
from models.training.job import prepare_job
from models.training.loop import train_job

SPEC = ClipSpec(frames=4, size=16, sample_rate=1000)
VQGAN = VqganConfig(
    codes=24,
    width=8,
    hidden=4,
    downsample=(2, 4, 4),
    discriminator_channels=4,
    discriminator_layers=2,
    perceptual_weight=0.0,
    adversarial_from=2,
)
AUDIO_VQGAN = AudioVqganConfig(
    codes=12,
    width=8,
    hidden=4,
    downsample=(2, 4, 4),
    discriminator_channels=4,
    discriminator_layers=2,
    perceptual_weight=0.0,
    columns=4,
    bands=8,
)
TRANSFORMER = TatsConfig(layers=2, heads=2, width=16, vqgan=VQGAN)
AUDIO_TRANSFORMER = TatsAudioConfig(layers=2, heads=2, width=16, vqgan=VQGAN, audio_vqgan=AUDIO_VQGAN)
NETWORKS = {
    "tats-vqgan": VQGAN,
    "tats-audio-vqgan": AUDIO_VQGAN,
    "tats": TRANSFORMER,
    "tats-audio": AUDIO_TRANSFORMER,
}


def settings(model: str, data: Path, **changes: Any) -> RunConfig:
    """Those of a small run of four steps; `changes` are fields of them."""
    preset = MODELS[model].presets["tiny"]
    training = replace(preset.training, steps=4, batch_size=2, log_every=1, preview_every=4, checkpoint_every=4)
    config = RunConfig(
        model=model,
        preset="tiny",
        data=data,
        spec=SPEC,
        network=NETWORKS[model],
        training=training,
        sampling=preset.sampling,
    )
    return replace(config, **changes)


def train(config: RunConfig, folder: Path) -> Run:
    config.save(folder / "config.toml")
    run = Run(folder)
    train_job(run, prepare_job(config, Ranks()))
    return run


def untrained_diffwave(folder: Path, data: Path, spec: ClipSpec = SPEC) -> Run:
    """A run of DiffWave with random weights in all places, so that its sound is noise of its own kind."""
    model = MODELS["diffwave"]
    config = RunConfig(
        model="diffwave",
        preset="tiny",
        data=data,
        spec=spec,
        network=DiffWaveConfig(
            layers=2, dilation_cycle=2, channels=8, skip_channels=8, diffusion_steps=5, beta_end=0.05
        ),
        training=model.presets["tiny"].training,
        sampling=SamplingConfig(solver="ddpm", steps=5),
    )
    run = Run.create(folder, config)
    torch.manual_seed(0)
    network = model.build(config)
    torch.nn.init.normal_(network.get_parameter("output_projection.weight"), std=0.1)
    weights = network.state_dict()
    save_checkpoint(run, Checkpoint(model="diffwave", step=3, network=weights, ema=weights))
    return run
