"""One training step of the largest preset, in the smallest shape it takes."""

import resource
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.mm_diffusion.config import AUDIOSET
from models.mm_diffusion.coupled_unet import CoupledUNet


@dataclass(frozen=True)
class Step:
    parameters: int
    before: float  # loss
    after: float
    peak_bytes: int  # of the process


def step_once() -> Step:
    """A step of plain gradient descent, which needs no memory beyond weights and gradients."""
    torch.manual_seed(0)
    network = CoupledUNet(AUDIOSET)
    network.activation_checkpointing = True
    # 8x8 pixels become one at the deepest level, and 1024 samples 16: one for each frame.
    noise = (torch.randn(1, 3, AUDIOSET.frames, 8, 8), torch.randn(1, 1, 1024))
    shifts = network.draw_shifts(np.random.default_rng(0))

    def loss() -> Tensor:
        predicted = network(*noise, torch.tensor([999]), shifts)
        return sum((own - true).square().mean() for own, true in zip(predicted, noise, strict=True))

    before = loss()
    before.backward()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.sub_(1e-2 * parameter.grad)
        after = loss()
    count = sum(parameter.numel() for parameter in network.parameters())
    return Step(count, before.item(), after.item(), 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
