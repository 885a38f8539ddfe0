"""Speed and memory of the coupled U-Net against a plain PyTorch rendering of the published one, in one run.

    python benchmarks/unet.py [--networks small paper] [--rounds 5] [--threads 2]

Both have the same weights, made by chance with no branch silent, and the same shifts; dropout is off. A training step
is a forward and a backward pass; as published, the plain network computes its attention again in the backward pass, and
ours computes nothing again.
"""

import argparse
import os
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from plain_unet import PlainUNet
from rivals import Rival, compare
from torch import Tensor

from models.mm_diffusion.config import PAPER, TINY, CoupledUNetConfig
from models.mm_diffusion.coupled_unet import CoupledUNet
from models.mm_diffusion.plan import plan


@dataclass(frozen=True)
class Case:
    """A network and the shape it is measured at."""

    config: CoupledUNetConfig
    batch: int
    size: int
    samples: int


CASES = {"small": Case(TINY, batch=8, size=16, samples=6400), "paper": Case(PAPER, batch=1, size=64, samples=25_600)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    for name in options.networks:
        case = CASES[name]
        parameters = sum(tensor.numel() for tensor in awakened(case.config).parameters())
        print(f"\n{name}: {parameters / 1e6:.1f}M parameters, batch {case.batch}, {options.threads} threads")
        compare(partial(Plain, case), partial(Ours, case), rounds=options.rounds, threads=options.threads)


class Ours(Rival):
    def __init__(self, case: Case) -> None:
        super().__init__()
        self.network = awakened(case.config)
        self.video, self.audio, self.timesteps = inputs(case)
        self.shifts = self.network.draw_shifts(np.random.default_rng(0))

    @torch.no_grad()
    def forward(self) -> None:
        self.network(self.video, self.audio, self.timesteps, self.shifts)

    def step(self) -> None:
        self.network.zero_grad()
        video, audio = self.network(self.video, self.audio, self.timesteps, self.shifts)
        torch.autograd.backward(video.square().mean() + audio.square().mean())
        published = self.network.to_published()
        gradients = (parameter.grad for parameter in self.network.parameters() if parameter.grad is not None)
        self.gradients = {key: grad.view_as(published[key]) for key, grad in zip(published, gradients, strict=True)}
        self.outputs = {"video": video.detach(), "audio": audio.detach()}


class Plain(Rival):
    def __init__(self, case: Case) -> None:
        super().__init__()
        network = awakened(case.config)
        weights = {key: tensor.detach().requires_grad_() for key, tensor in network.to_published().items()}
        windows = published_windows(case.config)
        self.network = PlainUNet(
            weights,
            levels=len(case.config.channel_mult),
            blocks_per_level=case.config.blocks_per_level,
            windows=windows,
            heads=case.config.heads,
            head_channels=case.config.cross_head_channels,
            groups=case.config.norm_groups,
        )
        video, self.audio, self.timesteps = inputs(case)
        self.video = video.transpose(1, 2).contiguous()
        shifted = [name for name in windows if "middle" not in name] if case.config.random_shift else []
        drawn = network.draw_shifts(np.random.default_rng(0)).tolist()
        self.shifts = dict(zip(shifted, drawn, strict=True))

    @torch.no_grad()
    def forward(self) -> None:
        self.network(self.video, self.audio, self.timesteps, self.shifts)

    def step(self) -> None:
        for weight in self.network.weights.values():
            weight.grad = None
        video, audio = self.network(self.video, self.audio, self.timesteps, self.shifts)
        torch.autograd.backward(video.square().mean() + audio.square().mean())
        self.gradients = {key: weight.grad for key, weight in self.network.weights.items() if weight.grad is not None}
        self.outputs = {"video": video.detach().transpose(1, 2), "audio": audio.detach()}


def awakened(config: CoupledUNetConfig) -> CoupledUNet:
    """A network in evaluation mode. What starts as zero is random here, since zeros would hide differences."""
    torch.manual_seed(0)
    network = CoupledUNet(config).eval()
    for parameter in network.parameters():
        if parameter.ndim > 1 and not parameter.any():
            torch.nn.init.kaiming_uniform_(parameter)
    return network


def inputs(case: Case) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    video = torch.randn(case.batch, 3, case.config.frames, case.size, case.size, generator=generator)
    audio = torch.randn(case.batch, 1, case.samples, generator=generator)
    return video, audio, torch.linspace(0, 999, case.batch)


def published_windows(config: CoupledUNetConfig) -> dict[str, int]:
    """The frames of each cross-attention's window, by its published name, in the order of the shifts."""
    blocks = plan(config)
    windows = {f"input_blocks.{number}.1": block.window for number, block in enumerate(blocks.encoder, start=1)}
    windows |= {"middle_blocks.1": config.frames if config.cross_in_middle else None}
    windows |= {f"output_blocks.{number}.1": block.window for number, block in enumerate(blocks.decoder)}
    return {name: window for name, window in windows.items() if window is not None}


if __name__ == "__main__":
    main()
