"""DiffWave without a condition: a stack of dilated convolutions that predicts the noise in a waveform.

Source: Kong et al. 2021, "DiffWave: A Versatile Diffusion Model for Audio Synthesis", section 3 and figure 2.
"""

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from models.diffwave.config import DiffWaveConfig

_HALF = 64  # frequencies of a step's embedding: a sine and a cosine of each
_HIDDEN = 512


class DiffWave(nn.Module):
    """Predicts noise: 24,034,305 parameters with the paper's settings in lmnt's variant.

    Parameters have the names in lmnt's checkpoints.
    """

    def __init__(self, config: DiffWaveConfig) -> None:
        super().__init__()
        self.config = config
        self.activation_checkpointing = False
        self.input_projection = _convolution(1, config.channels)
        self.diffusion_embedding = StepEmbedding(config)
        self.residual_layers = nn.ModuleList(
            ResidualLayer(config, dilation=2 ** (layer % config.dilation_cycle)) for layer in range(config.layers)
        )
        self.skip_projection = _convolution(config.skip_channels, config.skip_channels)
        self.output_projection = nn.Conv1d(config.skip_channels, 1, 1)
        # A fresh network predicts a constant.
        nn.init.zeros_(self.output_projection.weight)

    @classmethod
    def from_published(cls, state_dict: Mapping[str, Tensor], config: DiffWaveConfig) -> "DiffWave":
        """The network with published weights, lmnt's or the authors', as `config.variant` says.

        Raises:
            DataError: a key is missing, unexpected, or has another shape; the message names the first.
        """
        from models.diffwave.published import own_weights

        network = cls(config)
        network.load_state_dict(own_weights(state_dict, network))
        return network

    def forward(self, audio: Tensor, steps: Tensor) -> Tensor:
        """The noise in noisy sound.

        Args:
            audio: (B, 1, S).
            steps: (B,) steps of the diffusion, from 0; floating-point ones may lie between two.

        Returns:
            (B, 1, S).
        """
        x_BCS = F.relu(self.input_projection(audio))
        step_BE = self.diffusion_embedding(steps)
        skips_BCS = x_BCS.new_zeros(())
        for layer in self.residual_layers:
            if self.activation_checkpointing and torch.is_grad_enabled():
                x_BCS, skip_BCS = checkpoint(layer, x_BCS, step_BE, use_reentrant=False)
            else:
                x_BCS, skip_BCS = layer(x_BCS, step_BE)
            skips_BCS = skips_BCS + skip_BCS
        y_BCS = F.relu(self.skip_projection(skips_BCS / math.sqrt(len(self.residual_layers))))
        noise: Tensor = self.output_projection(y_BCS)
        return noise


class StepEmbedding(nn.Module):
    """Steps (B,) as (B, 512): sines and cosines, then two layers.

    The authors' frequencies fall from 1 to 1e-4. lmnt's rise from 1 to 1e4, and it tells sines of between two steps by
    interpolation in a table. That table is a buffer, unlike lmnt's: its angles reach 2e6 radians, where float32 and a
    machine's own power function decide about the sine, so a network must be sampled with the table it was trained with.
    """

    table: Tensor

    def __init__(self, config: DiffWaveConfig) -> None:
        super().__init__()
        if config.variant == "lmnt":
            self.register_buffer("table", rising_table(config.diffusion_steps))
        self.rising = config.variant == "lmnt"
        self.projection1 = nn.Linear(2 * _HALF, _HIDDEN)
        self.projection2 = nn.Linear(_HIDDEN, _HIDDEN)

    def forward(self, steps: Tensor) -> Tensor:
        sines = self._looked_up(steps) if self.rising else falling_sines(steps)
        embedding: Tensor = F.silu(self.projection2(F.silu(self.projection1(sines))))
        return embedding

    def _looked_up(self, steps: Tensor) -> Tensor:
        if not steps.is_floating_point():
            return self.table[steps]
        below, above = self.table[steps.floor().long()], self.table[steps.ceil().long()]
        return below + (above - below) * (steps - steps.floor())[:, None]


class ResidualLayer(nn.Module):
    """x (B, C, S) and an embedding (B, 512) to the next layer's x and a skip output (B, C_skip, S)."""

    def __init__(self, config: DiffWaveConfig, *, dilation: int) -> None:
        super().__init__()
        self._widths = [config.channels, config.skip_channels]
        # In the authors' code the embedding is added in place, so that it also goes past the convolutions.
        self._passes_embedding_on = config.variant == "authors"
        self.dilated_conv = _convolution(config.channels, 2 * config.channels, kernel=3, dilation=dilation)
        self.diffusion_projection = nn.Linear(_HIDDEN, config.channels)
        self.output_projection = _convolution(config.channels, sum(self._widths))

    def forward(self, x: Tensor, step: Tensor) -> tuple[Tensor, Tensor]:
        shifted = x + self.diffusion_projection(step)[..., None]
        gate, signal = self.dilated_conv(shifted).chunk(2, dim=1)
        residual, skip = self.output_projection(torch.sigmoid(gate) * torch.tanh(signal)).split(self._widths, dim=1)
        return ((shifted if self._passes_embedding_on else x) + residual) / math.sqrt(2), skip


def rising_table(steps: int) -> Tensor:
    """lmnt's embedding of integer steps: (steps, 128), sines and then cosines. In float32 throughout, as there."""
    frequencies = 10.0 ** (torch.arange(_HALF, dtype=torch.float32) * 4.0 / (_HALF - 1))
    angles = torch.arange(steps, dtype=torch.float32)[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def falling_sines(steps: Tensor) -> Tensor:
    """The authors' embedding of any steps (B,): (B, 128), sines and then cosines."""
    falls = -math.log(10_000) / (_HALF - 1)
    frequencies = torch.exp(torch.arange(_HALF, device=steps.device, dtype=torch.float32) * falls)
    angles = steps.float()[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def _convolution(inputs: int, outputs: int, *, kernel: int = 1, dilation: int = 1) -> nn.Conv1d:
    """A convolution that keeps the length; Kaiming normal weights, as in both public implementations."""
    layer = nn.Conv1d(inputs, outputs, kernel, padding=dilation * (kernel - 1) // 2, dilation=dilation)
    nn.init.kaiming_normal_(layer.weight)
    return layer
