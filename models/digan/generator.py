"""DIGAN's generator: frames of a clip at any times, each pixel by itself from where and when it is.

It is StyleGAN2's with two changes. All convolutions are 1x1, so that a pixel knows its place from coordinate features
alone. And a style changes weights by a matrix of low rank, not only by a factor for each channel (INR-GAN).

Source: Yu et al. 2022, section 3.1; Skorokhodov et al. 2021, "Adversarial Generation of Continuous Images", section 3.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.digan.config import DiganConfig
from models.digan.coordinates import CoordinateFeatures
from models.digan.layers import GAIN, EqualLinear, leaky

_MAPPING_RATE = 0.01  # of the learning rate
_NORM_FLOOR = 1e-8


class Generator(nn.Module):
    """Clips from numbers: 52,210,703 parameters with the paper's settings at 64 pixels.

    Args:
        size: of the frames, in pixels.
    """

    def __init__(self, config: DiganConfig, size: int) -> None:
        super().__init__()
        self.mapping = Mapping(config)
        self.synthesis = Synthesis(config, size)

    def forward(self, latent: Tensor, motion: Tensor, times: Tensor) -> Tensor:
        """
        Args:
            latent: (B, D_z), standard normal: a clip's content.
            motion: (B, D), standard normal: how it moves; D is the style's.
            times: (B, T), in clips: the first frame is at 0, the last at 1; others extrapolate.

        Returns:
            (B, 3, T, H, W), nominally in [-1, 1]. Each frame depends on its own time only.
        """
        frames: Tensor = self.synthesis(self.mapping(latent), motion, times)
        return frames


class Mapping(nn.Module):
    """Latent numbers to a style: (B, D_z) -> (B, D)."""

    def __init__(self, config: DiganConfig) -> None:
        super().__init__()
        self.fc0 = EqualLinear(config.latent, config.style, activate=True, multiplier=_MAPPING_RATE)
        self.fc1 = EqualLinear(config.style, config.style, activate=True, multiplier=_MAPPING_RATE)

    def forward(self, latent: Tensor) -> Tensor:
        unit = latent * (latent.square().mean(dim=1, keepdim=True) + _NORM_FLOOR).rsqrt()
        style: Tensor = self.fc1(self.fc0(unit))
        return style


class Synthesis(nn.Module):
    """A style, a motion and times to frames: blocks b4, b8, ..., whose pictures add up.

    Those up to the coarse size all work at that size; each of the others doubles it.
    """

    def __init__(self, config: DiganConfig, size: int) -> None:
        super().__init__()
        first, *others = config.block_sizes(size)
        self.add_module(f"b{first}", FirstBlock(config, first))
        for block_size in others:
            self.add_module(f"b{block_size}", Block(config, block_size))

    def forward(self, style: Tensor, motion: Tensor, times: Tensor) -> Tensor:
        first, *others = self.children()
        x, picture = first(style, motion, times)
        for block in others:
            x, picture = block(x, picture, style, motion, times)
        frames: Tensor = picture
        return frames


class FirstBlock(nn.Module):
    """Coordinate features, a layer and a picture of the coarse size.

    Args:
        size: what the block is called after.
    """

    def __init__(self, config: DiganConfig, size: int) -> None:
        super().__init__()
        self._size = config.coarse_size
        channels = config.channels(size)
        self.coord_fuser = CoordinateFeatures(config)
        self.conv1 = ModulatedLayer(2 * config.frequencies, channels, config)
        self.torgb = ToRGB(channels, config)

    def forward(self, style: Tensor, motion: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, C, T, h, w) and a picture (B, 3, T, h, w)."""
        x = self.conv1(self.coord_fuser(style, motion, times, self._size), style)
        return x, self.torgb(x, style)


class Block(nn.Module):
    """Two layers or three, and what they add to the picture; above the coarse size both are enlarged.

    Args:
        size: what the block is called after.
    """

    def __init__(self, config: DiganConfig, size: int) -> None:
        super().__init__()
        self._size = size
        inputs, channels = config.channels(size // 2), config.channels(size)
        self.coord_fuser = CoordinateFeatures(config) if size > config.coarse_size else None
        self.conv0 = ModulatedLayer(inputs + (2 * config.frequencies if self.coord_fuser else 0), channels, config)
        self.conv1 = ModulatedLayer(channels, channels, config)
        extra = [ModulatedLayer(channels, channels, config)] if size >= config.third_layer_from else []
        self.extra_convs = nn.ModuleList(extra)
        self.torgb = ToRGB(channels, config)

    def forward(
        self, x: Tensor, picture: Tensor, style: Tensor, motion: Tensor, times: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Features (B, C, T, h, w) and the picture (B, 3, T, h, w) of the block before -> this block's."""
        features = None
        if self.coord_fuser is not None:
            features = self.coord_fuser(style, motion, times, self._size)
            picture = enlarged(picture)
        x = self.conv0(x, style, features)
        for layer in (self.conv1, *self.extra_convs):
            x = layer(x, style)
        return x, picture + self.torgb(x, style)


class ModulatedLayer(nn.Module):
    """A 1x1 convolution and a leaky ReLU, with weights that a style changes: (B, I, T, H, W) -> (B, O, T, H, W)."""

    def __init__(self, inputs: int, outputs: int, config: DiganConfig) -> None:
        super().__init__()
        self._rank = config.rank
        self.affine = EqualLinear(config.style, (inputs + outputs) * config.rank)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor, style: Tensor, features: Tensor | None = None) -> Tensor:
        """
        Args:
            x: (B, I, T, H, W), or, where there are features, pictures of half their size and fewer channels.
            features: appended to the channels of the enlarged `x`.
        """
        weight = GAIN * factorised_weights(self.weight.flatten(1), self.affine(style), self._rank)
        bias = GAIN * self.bias
        if features is None:
            return mixed(x, weight, bias, activate=True)
        # Mixing the channels of pixels commutes with enlarging, and before it there is a quarter of the work.
        old, new = torch.split(weight, [x.shape[1], features.shape[1]], dim=2)
        return leaky(mixed(features, new, bias) + enlarged(mixed(x, old)))


class ToRGB(nn.Module):
    """Pictures from features: (B, I, T, H, W) -> (B, 3, T, H, W); a style weighs the channels."""

    def __init__(self, inputs: int, config: DiganConfig) -> None:
        super().__init__()
        self.affine = EqualLinear(config.style, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(3, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))
        self._scale = 1 / math.sqrt(inputs)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        return mixed(x, modulated_weights(self.weight.flatten(1), self.affine(style) * self._scale), self.bias)


def factorised_weights(weight: Tensor, styles: Tensor, rank: int) -> Tensor:
    """Weights (O, I) as styles (B, (O + I) rank) change them: (B, O, I), with rows of length 1.

    They are multiplied by 1 + L R / sqrt(rank), of which the styles are L (O, rank) and then R (rank, I).
    """
    outputs, inputs = weight.shape
    left, right = torch.split(styles, [outputs * rank, inputs * rank], dim=1)
    change = left.reshape(-1, outputs, rank) @ right.reshape(-1, rank, inputs) / math.sqrt(rank)
    changed = weight * (change + 1)
    normalised: Tensor = changed / (changed.square().sum(dim=2, keepdim=True).sqrt() + _NORM_FLOOR)
    return normalised


def modulated_weights(weight: Tensor, styles: Tensor) -> Tensor:
    """Weights (O, I), of which styles (B, I) are factors: (B, O, I)."""
    return weight * styles[:, None]


def mixed(x: Tensor, weight: Tensor, bias: Tensor | None = None, *, activate: bool = False) -> Tensor:
    """Each pixel's channels (B, I, T, H, W) mixed by its sample's weights (B, O, I): (B, O, T, H, W)."""
    pixels = x.flatten(2)
    y = weight @ pixels if bias is None else torch.baddbmm(bias[:, None], weight, pixels)
    return (leaky(y) if activate else y).reshape(len(x), -1, *x.shape[2:])


def enlarged(x: Tensor) -> Tensor:
    """Frames of twice the size, without interpolation: (B, C, T, H, W) -> (B, C, T, 2H, 2W)."""
    return F.interpolate(x, scale_factor=(1, 2, 2), mode="nearest")
