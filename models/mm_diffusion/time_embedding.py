"""Where the network learns how noisy its input is."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class TimeEmbedding(nn.Module):
    """Sinusoids of the timestep, then two linear maps with a SiLU between.

    Shape: (B,) int or float timesteps, 0..999, to (B, channels).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.hidden = nn.Linear(channels, channels)
        self.out = nn.Linear(channels, channels)

    def forward(self, timesteps: Tensor) -> Tensor:
        embedding: Tensor = self.out(F.silu(self.hidden(sinusoids(timesteps, self.channels))))
        return embedding


def sinusoids(timesteps: Tensor, channels: int) -> Tensor:
    """Cosines, then sines, of the timesteps times frequencies from 1 down to almost 1/10000.

    Args:
        timesteps: (B,), int or float.
        channels: even.

    Returns:
        (B, channels), float32.
    """
    half = channels // 2
    frequencies = torch.exp(-math.log(10_000) / half * torch.arange(half, device=timesteps.device))
    angles = timesteps.float()[:, None] * frequencies
    return torch.cat([angles.cos(), angles.sin()], dim=1)
