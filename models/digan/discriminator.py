"""DIGAN's discriminators: one sees two frames of a clip and how far apart they are, the other single frames.

Source: Yu et al. 2022, section 3.2. Both are StyleGAN2's residual networks.
"""

import math

import torch
from torch import Tensor, nn

from avbench.errors import UsageError
from models.digan.config import DiganConfig
from models.digan.layers import EqualConvolution, EqualLinear, minibatch_deviation

GROUP = 4  # samples whose deviation is told to the last layers

_CLAMP = 256.0
_HALF = math.sqrt(0.5)  # keeps the variance of a sum of two


class Discriminators(nn.Module):
    """Both: 52,979,714 parameters with the paper's settings at 64 pixels.

    Args:
        size: of the frames, in pixels.
    """

    def __init__(self, config: DiganConfig, size: int) -> None:
        super().__init__()
        self.motion = Discriminator(config, size, inputs=7)
        self.image = Discriminator(config, size, inputs=3)

    def forward(self, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """
        Args:
            pairs: (B, 7, H, W), see `as_pairs`; B is 1, 2 or a multiple of 4.

        Returns:
            Logits, higher for what looks real: of the pairs (B,), and of each one's two frames (B, 2).

        Raises:
            UsageError: B is another number.
        """
        check_batch(len(pairs))
        return self.motion(pairs), self.image(frames_of(pairs)).unflatten(0, (-1, 2))


class Discriminator(nn.Module):
    """(B, inputs, H, W) -> logits (B,)."""

    def __init__(self, config: DiganConfig, size: int, *, inputs: int) -> None:
        super().__init__()
        for block_size in reversed(config.block_sizes(size)[1:]):
            channels = config.channels(block_size)
            rgb = inputs if block_size == size else 0
            self.add_module(f"b{block_size}", Block(rgb, channels, config.channels(block_size // 2)))
        self.add_module("b4", LastBlock(config.channels(4)))

    def forward(self, x: Tensor) -> Tensor:
        for block in self.children():
            x = block(x)
        return x


class Block(nn.Module):
    """(B, C, H, W) -> (B, C', H/2, W/2).

    Args:
        rgb: channels of pictures that come in; 0: features do.
        channels: of the features that come in.
        outputs: channels.
    """

    def __init__(self, rgb: int, channels: int, outputs: int) -> None:
        super().__init__()
        self.fromrgb = EqualConvolution(rgb, channels, 1, clamp=_CLAMP) if rgb else None
        self.conv0 = EqualConvolution(channels, channels, 3, clamp=_CLAMP)
        self.conv1 = EqualConvolution(channels, outputs, 3, halve=True, gain=_HALF, clamp=_CLAMP)
        self.skip = EqualConvolution(channels, outputs, 1, bias=False, halve=True, gain=_HALF)

    def forward(self, x: Tensor) -> Tensor:
        if self.fromrgb is not None:
            x = self.fromrgb(x)
        y: Tensor = self.conv1(self.conv0(x)) + self.skip(x)
        return y


class LastBlock(nn.Module):
    """(B, C, 4, 4) -> logits (B,)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = EqualConvolution(channels + 1, channels, 3, clamp=_CLAMP)
        self.fc = EqualLinear(channels * 16, channels, activate=True)
        self.out = EqualLinear(channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(torch.cat([x, minibatch_deviation(x, GROUP)], dim=1))
        logits: Tensor = self.out(self.fc(x.flatten(1)))
        return logits[:, 0]


def as_pairs(frames: Tensor, gaps: Tensor) -> Tensor:
    """Two frames each (B, 3, 2, H, W) and the times between them (B,) as the discriminators take them.

    Returns:
        (B, 7, H, W): the colours of the first frame, those of the second, and the time between them in every pixel.
    """
    pairs_B6HW = frames.transpose(1, 2).flatten(1, 2)
    gaps_BHW = gaps[:, None, None].to(frames.dtype).expand(-1, *frames.shape[-2:])
    return torch.cat([pairs_B6HW, gaps_BHW[:, None]], dim=1)


def frames_of(pairs: Tensor) -> Tensor:
    """The single frames of pairs (B, 7, H, W): (2B, 3, H, W), those of a pair side by side."""
    return pairs[:, :6].reshape(-1, 3, *pairs.shape[-2:])


def check_batch(pairs: int) -> None:
    """
    Raises:
        UsageError: so many pairs at once, or their frames, cannot be cut into groups.
    """
    if pairs % GROUP and pairs not in (1, 2):
        raise UsageError(
            f"{pairs} pairs of frames at once cannot be cut into the groups of {GROUP} at which digan's discriminators "
            f"look; choose training.batch_size so that each micro-batch of a process has a multiple of {GROUP}"
        )
