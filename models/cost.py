"""What training and sampling a network cost: floating-point operations, counted on the network itself.

A multiply-add counts as two operations. Nothing is computed: the networks live on the meta device.
"""

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from models.config import RunConfig
from models.diffusion_model import DiffusionModel, sample_shape
from models.model import Model
from models.registry import MODELS

BACKWARD = 2  # a backward pass costs about two forward passes
SUSTAINED_TERAFLOPS = 30.0  # 10^12 operations a second: an assumption, a quarter of a V100's peak in half precision


def operations(network: nn.Module, *inputs: Tensor) -> int:
    """Operations of one forward pass; network and inputs may be on the meta device."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(*inputs)
    return int(counter.get_total_flops())


def pass_operations(config: RunConfig) -> int | None:
    """Operations of one sample's pass through a run's network; None for models that are not diffusion of clips."""
    model: Model = MODELS[config.model]
    if not isinstance(model, DiffusionModel):
        return None
    with torch.device("meta"):
        clip = [torch.zeros(1, *sample_shape(modality, config.spec)) for modality in model.modalities]
        return operations(model.build(config), *clip, torch.zeros(1))


def gpu_hours(count: float) -> float:
    """Hours that so many operations take one GPU, at `SUSTAINED_TERAFLOPS`."""
    return count / (SUSTAINED_TERAFLOPS * 1e12) / 3600
