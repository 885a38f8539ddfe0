"""Speed and memory of the baselines' networks against plain PyTorch renderings of the published ones, in one run.

    python benchmarks/baselines.py [--networks diffwave digan tats-vqgan tats] [--size paper] [--rounds 3] [--threads 2]

Sizes are those of the presets: `paper`, or `small` for `tiny`. Both rivals have the same weights, made by chance with
no branch silent, the same data and the same draws. A step is all that a training step does up to the gradients of each
of its losses; optimisers are the same for both and left out. DIGAN's gradient penalty, which comes with every 16th
step, has a line of its own. The VQGAN's step is one with discriminators; that of TATS begins with the VQGAN's tokens.
DiffWave hears 0.4 s in the place of 1.6 s.
"""

import argparse
import dataclasses
import os
from functools import partial
from pathlib import Path

import torch
from baseline_rivals import OURS, PLAIN
from rivals import compare

from models.config import RunConfig
from models.registry import MODELS

PRESETS = {"paper": "paper", "small": "tiny"}
BATCHES = {"diffwave": 1, "digan": 2, "tats-vqgan": 1, "tats": 1}  # at the paper's size; four times as many at `small`
FRAMES_HEARD = 4  # of 16: time and memory of DiffWave are proportional to the sound's length
WORKS = {"digan": ("forward", "step", "penalty")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=BATCHES, default=list(BATCHES))
    parser.add_argument("--size", choices=PRESETS, default="paper")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    for name in options.networks:
        settings = config(name, options.size)
        with torch.device("meta"):
            parameters = sum(tensor.numel() for tensor in MODELS[name].build(settings).parameters())
        print(
            f"\n{name}, {options.size}: {parameters / 1e6:.1f}M parameters, batch {settings.training.batch_size}, "
            f"{options.threads} threads",
            flush=True,
        )
        compare(
            partial(PLAIN[name], settings),
            partial(OURS[name], settings),
            rounds=options.rounds,
            threads=options.threads,
            works=WORKS.get(name, ("forward", "step")),
        )


def config(name: str, size: str) -> RunConfig:
    preset = MODELS[name].presets[PRESETS[size]]
    batch = BATCHES[name] * (4 if size == "small" else 1)
    network, spec = preset.network, preset.spec
    if name == "diffwave":
        spec = dataclasses.replace(spec, frames=FRAMES_HEARD)
    if name == "tats-vqgan":
        network = dataclasses.replace(network, restarts=False)  # `paper` has none; they go by chance
    return RunConfig(
        model=name,
        preset=PRESETS[size],
        data=Path(),
        spec=spec,
        network=network,
        training=dataclasses.replace(preset.training, batch_size=batch, accumulation=1),
        sampling=preset.sampling,
    )


if __name__ == "__main__":
    main()
