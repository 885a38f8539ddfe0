"""Speed and memory of the coupled U-Net against a plain PyTorch rendering of the published one, in one run.

    python benchmarks/unet.py [--networks small paper] [--rounds 5] [--threads 2]

Both have the same weights, made by chance with no branch silent, and the same shifts; dropout is off. Rivals live in
processes of their own, so that each one's peak memory is its own, and take turns, so that a busy machine slows both;
"best" compares the best of each, "median" the rounds pair by pair. A training step is a forward and a backward pass;
as published, the plain network computes its attention again in the backward pass, and ours computes nothing again.
"""

import argparse
import multiprocessing
import os
import resource
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from plain_unet import PlainUNet
from timing import take_turns
from torch import Tensor

from models.mm_diffusion.config import PAPER, TINY, CoupledUNetConfig
from models.mm_diffusion.coupled_unet import CoupledUNet
from models.mm_diffusion.plan import plan

Gradients = dict[str, Tensor]


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
        with tempfile.TemporaryDirectory() as folder:
            compare(name, options.rounds, options.threads, Path(folder))


def compare(name: str, rounds: int, threads: int, folder: Path) -> None:
    """One network: times, peak memory and agreement of both rivals."""
    case, spawn = CASES[name], multiprocessing.get_context("spawn")
    parameters = sum(tensor.numel() for tensor in awakened(case.config).parameters())
    print(f"\n{name}: {parameters / 1e6:.1f}M parameters, batch {case.batch}, {threads} threads")
    pools = {
        rival: ProcessPoolExecutor(1, spawn, initializer=prepare, initargs=(rival, case, threads))
        for rival in ("plain", "ours")
    }
    try:
        for work in ("forward", "step"):
            calls = {rival: partial(in_process, pool, run, work) for rival, pool in pools.items()}
            times = take_turns(calls, rounds)
            best, median = times["ours"].faster_than(times["plain"])
            peaks = {rival: pool.submit(peak_memory).result() / 2**30 for rival, pool in pools.items()}
            print(
                f"  {work:8} plain {times['plain'].best:6.2f} s {peaks['plain']:5.2f} GiB   "
                f"ours {times['ours'].best:6.2f} s {peaks['ours']:5.2f} GiB   {best:.2f}x (median {median:.2f}x)"
            )
        for rival, pool in pools.items():
            pool.submit(save, folder / rival).result()
    finally:
        for pool in pools.values():
            pool.shutdown()
    report_differences(*(torch.load(folder / rival, mmap=True) for rival in pools))


def report_differences(plain: Mapping[str, Tensor], ours: Mapping[str, Tensor]) -> None:
    """Largest difference of an output, in standard deviations, and of a gradient, relative to its tensor's norm."""
    outputs = [float((ours[key] - plain[key]).abs().max() / plain[key].std()) for key in ("video", "audio")]
    gradients = [key for key in plain if key not in ("video", "audio")]
    scale = max(float(plain[key].norm()) for key in gradients)
    # Some gradients are nothing but rounding, for example that of a bias before a normalisation: they are left out.
    relative = {
        key: float((ours[key] - plain[key]).norm() / plain[key].norm())
        for key in gradients
        if plain[key].norm() > 1e-6 * scale
    }
    worst = max(relative, key=lambda key: relative[key])
    print(f"  outputs within {max(outputs):.1e} standard deviations, gradients within {relative[worst]:.1e} ({worst})")


# What follows runs in the rivals' processes.

_rival: "Ours | Plain"


def prepare(rival: str, case: Case, threads: int) -> None:
    global _rival
    torch.set_num_threads(threads)
    _rival = Ours(case) if rival == "ours" else Plain(case)


def run(work: str) -> None:
    _rival.forward() if work == "forward" else _rival.step()


def peak_memory() -> int:
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def save(path: Path) -> None:
    """The outputs and gradients of the last step, in our layout, under the published keys."""
    torch.save(_rival.results, path)


def in_process(pool: ProcessPoolExecutor, function: Callable[..., None], *arguments: object) -> None:
    pool.submit(function, *arguments).result()


class Ours:
    def __init__(self, case: Case) -> None:
        self.network = awakened(case.config)
        self.video, self.audio, self.timesteps = inputs(case)
        self.shifts = self.network.draw_shifts(np.random.default_rng(0))
        self.results: Gradients = {}

    @torch.no_grad()
    def forward(self) -> None:
        self.network(self.video, self.audio, self.timesteps, self.shifts)

    def step(self) -> None:
        self.network.zero_grad()
        video, audio = self.network(self.video, self.audio, self.timesteps, self.shifts)
        (video.square().mean() + audio.square().mean()).backward()
        published = self.network.to_published()
        gradients = (parameter.grad for parameter in self.network.parameters())
        self.results = {key: grad.view_as(published[key]) for key, grad in zip(published, gradients, strict=True)}
        self.results |= {"video": video.detach(), "audio": audio.detach()}


class Plain:
    def __init__(self, case: Case) -> None:
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
        )
        video, self.audio, self.timesteps = inputs(case)
        self.video = video.transpose(1, 2).contiguous()
        drawn = network.draw_shifts(np.random.default_rng(0)).tolist()
        self.shifts = dict(zip((name for name in windows if "middle" not in name), drawn, strict=True))
        self.results: Gradients = {}

    @torch.no_grad()
    def forward(self) -> None:
        self.network(self.video, self.audio, self.timesteps, self.shifts)

    def step(self) -> None:
        for weight in self.network.weights.values():
            weight.grad = None
        video, audio = self.network(self.video, self.audio, self.timesteps, self.shifts)
        (video.square().mean() + audio.square().mean()).backward()
        self.results = {key: weight.grad for key, weight in self.network.weights.items()}
        self.results |= {"video": video.detach().transpose(1, 2), "audio": audio.detach()}


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
