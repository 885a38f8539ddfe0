"""What training and sampling the paper's networks costs: operations counted on the networks, hours at a given rate.

    python benchmarks/cost.py [--teraflops 30] [--gpus 1]

A multiply-add counts as two operations. The rate is an assumption, what a GPU sustains and not what its maker prints:
30 is a quarter of a V100's peak in half precision. Nothing is run: the networks live on the meta device.
"""

import argparse
from dataclasses import dataclass

import torch

from models.cost import BACKWARD, SUSTAINED_TERAFLOPS, operations
from models.mm_diffusion import CoupledUNet, CoupledUNetConfig
from models.registry import MODELS
from models.super_resolution.config import PAPER
from models.super_resolution.unet import SuperResolutionUNet

SAMPLES = 2048  # of an evaluation


@dataclass(frozen=True)
class Job:
    name: str
    forwards: float  # passes of one sample through the network
    operations: int  # of a pass


def jobs() -> list[Job]:
    base, sr = MODELS["mm-diffusion"].presets["paper"], MODELS["super-resolution"].presets["paper"]
    with torch.device("meta"):
        coupled = operations(
            CoupledUNet(CoupledUNetConfig()), torch.zeros(1, 3, 16, 64, 64), torch.zeros(1, 1, 25_600), torch.zeros(1)
        )
        upsampler = operations(
            SuperResolutionUNet(PAPER), torch.zeros(1, 3, 256, 256), torch.zeros(1), torch.zeros(1, 3, 64, 64)
        )
    return [
        Job("train the coupled net", base.training.steps * base.training.batch_size * (1 + BACKWARD), coupled),
        Job("train the upsampler", sr.training.steps * sr.training.batch_size * (1 + BACKWARD), upsampler),
        Job(f"sample {SAMPLES:,} pairs, dpm, 20 evaluations (row 7)", SAMPLES * 20, coupled),
        Job(f"sample {SAMPLES:,} pairs, ddpm, 1000 evaluations (row 8)", SAMPLES * 1000, coupled),
        Job(f"upscale {SAMPLES:,} x 16 frames, ddim, 25 evaluations", SAMPLES * 16 * 25, upsampler),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--teraflops", type=float, default=SUSTAINED_TERAFLOPS, help="sustained by a GPU, in units of 10^12 per second"
    )
    parser.add_argument("--gpus", type=int, default=1)
    arguments = parser.parse_args()
    print(f"at {arguments.teraflops:g} TFLOP/s on {arguments.gpus} GPU(s)")
    for job in jobs():
        total = job.forwards * job.operations
        hours = total / (arguments.teraflops * 1e12 * arguments.gpus) / 3600
        print(f"  {job.name:<52} {job.operations / 1e12:5.2f} TFLOP a pass  {total / 1e18:8.3f} EFLOP  {hours:9.1f} h")


if __name__ == "__main__":
    main()
