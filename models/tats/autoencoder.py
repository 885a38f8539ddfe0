"""The VQGAN's encoder and decoder. Modules have the names in the released checkpoints."""

import torch.nn.functional as F
from torch import Tensor, nn

from models.tats.config import Normalization, VqganConfig
from models.tats.convolutions import SameConvolution, SameTransposedConvolution, Stride, normalization


class Encoder(nn.Module):
    """(B, C, T, H, W) -> (B, `channels`, t, h, w), each axis divided by its factor in `config.downsample`."""

    def __init__(self, config: VqganConfig, image_channels: int) -> None:
        super().__init__()
        self.conv_first = SameConvolution(image_channels, config.hidden, 3)
        self.conv_blocks = nn.ModuleList()
        self.channels = config.hidden
        for stride in config.strides:
            self.conv_blocks.append(_Halving(self.channels, stride, config.normalization))
            self.channels *= 2
        self.final_block = nn.Sequential(normalization(config.normalization, self.channels), nn.SiLU())

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_first(x)
        for block in self.conv_blocks:
            x = block(x)
        features: Tensor = self.final_block(x)
        return features


class Decoder(nn.Module):
    """(B, `channels`, t, h, w) -> (B, C, T, H, W). Its first block keeps the channels, the others halve them."""

    def __init__(self, config: VqganConfig, image_channels: int) -> None:
        super().__init__()
        strides = config.strides
        inputs = config.hidden * 2 ** len(strides)
        self.final_block = nn.Sequential(normalization(config.normalization, inputs), nn.SiLU())
        self.conv_blocks = nn.ModuleList()
        for index, stride in enumerate(strides):
            outputs = config.hidden * 2 ** (len(strides) - index)
            self.conv_blocks.append(_Doubling(inputs, outputs, stride, config.normalization))
            inputs = outputs
        self.conv_last = SameConvolution(inputs, image_channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.final_block(x)
        for block in self.conv_blocks:
            x = block(x)
        video: Tensor = self.conv_last(x)
        return video


class ResidualBlock(nn.Module):
    """(B, C, T, H, W) -> the same."""

    def __init__(self, channels: int, kind: Normalization) -> None:
        super().__init__()
        self.norm1 = normalization(kind, channels)
        self.conv1 = SameConvolution(channels, channels, 3)
        self.norm2 = normalization(kind, channels)
        self.conv2 = SameConvolution(channels, channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(F.silu(self.norm1(x)))
        z: Tensor = x + self.conv2(F.silu(self.norm2(y)))
        return z


class _Halving(nn.Module):
    """(B, C, T, H, W) -> (B, 2 C, T / s, H / s, W / s)."""

    def __init__(self, channels: int, stride: Stride, kind: Normalization) -> None:
        super().__init__()
        self.down = SameConvolution(channels, 2 * channels, 4, stride)
        self.res = ResidualBlock(2 * channels, kind)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.res(self.down(x))
        return y


class _Doubling(nn.Module):
    """(B, C, T, H, W) -> (B, C', T s, H s, W s)."""

    def __init__(self, inputs: int, outputs: int, stride: Stride, kind: Normalization) -> None:
        super().__init__()
        self.up = SameTransposedConvolution(inputs, outputs, 4, stride)
        self.res1 = ResidualBlock(outputs, kind)
        self.res2 = ResidualBlock(outputs, kind)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.res2(self.res1(self.up(x)))
        return y
