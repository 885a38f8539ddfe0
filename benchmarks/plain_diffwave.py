"""Unconditional DiffWave as a plain PyTorch rendering of lmnt's code: what `benchmarks/baselines.py` measures ours by.

Nothing is shared with the library, so that it is also a second opinion on the numbers.
"""

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor


class PlainDiffWave:
    """Noise (B, 1, S) in sound (B, S) at integer steps (B,), from the weights under lmnt's keys."""

    def __init__(self, weights: Mapping[str, Tensor], *, layers: int, dilation_cycle: int, steps: int) -> None:
        self.weights = weights
        self.layers, self.cycle = layers, dilation_cycle
        frequencies = 10.0 ** (torch.arange(64, dtype=torch.float32) * 4.0 / 63)
        angles = torch.arange(steps, dtype=torch.float32)[:, None] * frequencies
        self.table = torch.cat([torch.sin(angles), torch.cos(angles)], dim=1)

    def __call__(self, audio: Tensor, steps: Tensor) -> Tensor:
        x = F.relu(self.conv(audio.unsqueeze(1), "input_projection"))
        embedding = self.table[steps]
        for name in ("projection1", "projection2"):
            embedding = F.silu(self.linear(embedding, f"diffusion_embedding.{name}"))
        skips = None
        for layer in range(self.layers):
            x, skip = self.residual(x, embedding, f"residual_layers.{layer}", 2 ** (layer % self.cycle))
            skips = skip if skips is None else skips + skip
        assert skips is not None
        y = F.relu(self.conv(skips / math.sqrt(self.layers), "skip_projection"))
        return self.conv(y, "output_projection")

    def residual(self, x: Tensor, embedding: Tensor, name: str, dilation: int) -> tuple[Tensor, Tensor]:
        step = self.linear(embedding, f"{name}.diffusion_projection").unsqueeze(-1)
        y = self.conv(x + step, f"{name}.dilated_conv", dilation)
        gate, signal = torch.chunk(y, 2, dim=1)
        y = self.conv(torch.sigmoid(gate) * torch.tanh(signal), f"{name}.output_projection")
        residual, skip = torch.chunk(y, 2, dim=1)
        return (x + residual) / math.sqrt(2.0), skip

    def conv(self, x: Tensor, name: str, dilation: int = 1) -> Tensor:
        weight = self.weights[f"{name}.weight"]
        padding = dilation * (weight.shape[-1] // 2)
        return F.conv1d(x, weight, self.weights[f"{name}.bias"], padding=padding, dilation=dilation)

    def linear(self, x: Tensor, name: str) -> Tensor:
        return F.linear(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])


def alpha_bar(steps: int, beta_start: float, beta_end: float) -> Tensor:
    """(steps,): how much of the signal's power is left."""
    betas = torch.linspace(beta_start, beta_end, steps, dtype=torch.float64)
    return torch.cumprod(1 - betas, dim=0).float()


def noise_loss(net: PlainDiffWave, audio: Tensor, noise: Tensor, steps: Tensor, signal: Tensor) -> Tensor:
    """The mean squared error of the noise in sound (B, S), diffused to `steps` of a process with `signal` left."""
    scale = signal[steps].unsqueeze(1)
    noisy = scale**0.5 * audio + (1.0 - scale) ** 0.5 * noise
    return F.mse_loss(net(noisy, steps).squeeze(1), noise)
