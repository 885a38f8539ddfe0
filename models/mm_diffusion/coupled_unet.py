"""The coupled U-Net: noise in video and sound, predicted together."""

import numpy as np
import torch
from torch import Tensor

from models.mm_diffusion.unet import UNet


class CoupledUNet(UNet):
    """Two U-Nets, of video and of audio, that look at each other after their residual blocks.

    Source: Ruan et al. 2023, "MM-Diffusion", sec. 3.2 and 3.3, in the architecture of the released code and
    checkpoints (133.68M parameters; the paper's text has 115.13M).
    """

    streams = ("video", "audio")

    def forward(
        self, video: Tensor, audio: Tensor, timesteps: Tensor, shifts: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The noise in a noisy pair.

        Args:
            video: (B, 3, T, H, W).
            audio: (B, 1, S).
            timesteps: (B,), int or float, 0..999.
            shifts: int64, as `draw_shifts` gives them; None: windows start at the query's own frame.

        Returns:
            Video and audio of the given shapes.

        Raises:
            UsageError: a shape is not one that this network takes, or the shifts are another network's.
        """
        video, audio = self.predict((video, audio), timesteps, shifts)
        return video, audio

    def draw_shifts(self, generator: np.random.Generator) -> Tensor:
        """A uniform shift for each block of random-shift attention, encoder first: int64, 15 in the released net."""
        return torch.from_numpy(generator.integers(self.shift_ranges, dtype=np.int64))
