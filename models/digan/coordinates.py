"""Where and when a pixel is, as features: waves over the picture plane whose phases move with time.

Source: Yu et al. 2022, "Generating Videos with Dynamics-aware Implicit Generative Adversarial Networks", section 3.1.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.digan.config import DiganConfig
from models.digan.layers import EqualLinear

_WAVE_SCALE = math.sqrt(10)  # what a clip's frequencies begin with, per half picture
_TIME_SCALE = 0.25
_TIME_SLOPE = 0.01


class CoordinateFeatures(nn.Module):
    """Sines and cosines of K waves: sin(F xy + b(t)), where a clip's style gives F and b, and its motion moves b."""

    def __init__(self, config: DiganConfig) -> None:
        super().__init__()
        self.waves = config.frequencies
        self.xyaffine = EqualLinear(config.style, 3 * self.waves)
        self.affine = EqualLinear(2 * config.style, self.waves)
        self.motion_mlp = nn.Sequential(
            EqualLinear(self.waves, self.waves, activate=True), EqualLinear(self.waves, self.waves)
        )

    def forward(self, style: Tensor, motion: Tensor, times: Tensor, size: int) -> Tensor:
        """
        Args:
            style: (B, D).
            motion: (B, D), standard normal.
            times: (B, T), in clips: the first frame is at 0, the last at 1.
            size: of the frames, in pixels.

        Returns:
            (B, 2K, T, size, size).
        """
        frequencies, phase_BK = self.xyaffine(style).split([2 * self.waves, self.waves], dim=1)
        frequencies_BK2 = frequencies.unflatten(1, (self.waves, 2)) * _WAVE_SCALE
        x_HW, y_HW = coordinates(size, style.device)
        # Not as a matrix product, which may run in half precision: its angles would be too coarse.
        plane_BKHW = frequencies_BK2[..., :1, None] * x_HW + frequencies_BK2[..., 1:, None] * y_HW
        phase_BTK = phase_BK[:, None] + self._moved(style, motion, times)
        angle_BKTHW = plane_BKHW[:, :, None] + phase_BTK.transpose(1, 2)[..., None, None]
        return torch.cat([angle_BKTHW.sin(), angle_BKTHW.cos()], dim=1)

    def _moved(self, style: Tensor, motion: Tensor, times: Tensor) -> Tensor:
        """What time adds to the phases: (B, T, K). At time 0 it need not be 0."""
        speed_BK = self.affine(torch.cat([style, motion], dim=1))
        way_BTK = speed_BK[:, None] * (times[..., None] * _TIME_SCALE)
        phase: Tensor = self.motion_mlp(F.leaky_relu(way_BTK, _TIME_SLOPE))
        return phase


def coordinates(size: int, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """x of the columns and y of the rows of a square picture, (size, size) each, from -1 to 1 - 2 / size.

    x grows to the right and y upwards.
    """
    along = 2 * torch.arange(size, device=device, dtype=torch.float32) / size - 1
    y_HW, x_HW = torch.meshgrid(along.flip(0), along, indexing="ij")
    return x_HW, y_HW
