"""The upsampler's U-Net: predicts the noise in a large picture, given the small one.

Source: the 64 -> 256 upsampler of Dhariwal and Nichol 2021 (ADM, appendix G), as MM-Diffusion uses it (section 4.1 and
Table A.1). With the paper's settings it has 311,027,910 parameters.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from models.super_resolution.blocks import ResidualBlock, SelfAttention, TimestepEmbedding, zeroed
from models.super_resolution.config import NORM_GROUPS, RELEASED, SuperResolutionConfig
from models.super_resolution.published import load_published, published_keys

_EMBEDDING_MULT = 4  # width of the timestep's embedding, in `channels`


class Stage(nn.Module):
    """A residual block, then attention and another residual block that resamples, where there are any.

    Shape: (B, C, H, W) and the embedding (B, E) -> (B, C', H', W').
    """

    def __init__(
        self, residual: ResidualBlock, attention: SelfAttention | None = None, upsampling: ResidualBlock | None = None
    ) -> None:
        super().__init__()
        self.residual = residual
        self.attention = attention
        self.upsampling = upsampling

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        h: Tensor = self.residual(x, embedding)
        if self.attention is not None:
            h = self.attention(h)
        if self.upsampling is not None:
            h = self.upsampling(h, embedding)
        return h


class SuperResolutionUNet(nn.Module):
    """Noise and variance in a noisy large picture, given the small picture.

    Attributes:
        activation_checkpointing: whether training computes activations a second time instead of keeping them.

    The skip of every encoder stage, the first convolution's included, goes to the decoder stage of the same rank from
    the end.
    """

    def __init__(self, config: SuperResolutionConfig) -> None:
        super().__init__()
        self.config = config
        self.activation_checkpointing = False
        self.time_embedding = TimestepEmbedding(config.channels, _EMBEDDING_MULT * config.channels)
        self.stem = nn.Conv2d(6, config.widths[0], 3, padding=1)
        self.encoder, skips = _encoder(config)
        self.middle = _middle(config)
        self.decoder = _decoder(config, skips)
        self.head_norm = nn.GroupNorm(NORM_GROUPS, config.widths[0])
        self.head_conv = zeroed(nn.Conv2d(config.widths[0], 6, 3, padding=1))

    def forward(self, noisy: Tensor, timesteps: Tensor, low_res: Tensor) -> Tensor:
        """One prediction.

        Args:
            noisy: (B, 3, H, W), the picture at `timesteps` of the diffusion; H and W divide by 2 ** (levels - 1).
            timesteps: (B,), whole or not, 0 to 999.
            low_res: (B, 3, h, w) in [-1, 1], the small picture; enlarged bilinearly to H, W.

        Returns:
            (B, 6, H, W): first the noise, then where the variance lies between its bounds, -1 to 1
            (`models.diffusion.learned_variance`).

        Raises:
            UsageError: H or W does not divide.
        """
        self.config.check_divides(*noisy.shape[-2:])
        enlarged = F.interpolate(low_res, size=noisy.shape[-2:], mode="bilinear", align_corners=False)
        embedding = self.time_embedding(timesteps)
        h = self.stem(torch.cat([noisy, enlarged.to(noisy.dtype)], dim=1))
        skips = [h]
        for stage in self.encoder:
            h = self._run(stage, h, embedding)
            skips.append(h)
        for stage in self.middle:
            h = self._run(stage, h, embedding)
        for stage in self.decoder:
            h = self._run(stage, torch.cat([h, skips.pop()], dim=1), embedding)
        prediction: Tensor = self.head_conv(F.silu(self.head_norm(h)))
        return prediction

    def _run(self, stage: nn.Module, x: Tensor, embedding: Tensor) -> Tensor:
        if self.activation_checkpointing and self.training:
            x = checkpoint(stage, x, embedding, use_reentrant=False)
        else:
            x = stage(x, embedding)
        return x

    @classmethod
    def from_published(cls, state_dict: Mapping[str, Tensor], **config: Any) -> Self:
        """The network, in evaluation mode, of a published state dict.

        Args:
            state_dict: of `Landscape_SR.pt`, `AIST++_SR.pt` or ADM's class-conditional 64 -> 256 upsampler, whose label
                embedding is dropped; all other keys and shapes are exactly the published ones.
            config: fields of `SuperResolutionConfig` that differ from the released 256-pixel network.

        Raises:
            DataError: the checkpoint is another network's; the message names the first key that differs and its shapes.
        """
        network = cls(replace(RELEASED, **config))
        load_published(network, state_dict)
        return network.eval()

    def to_published(self) -> dict[str, Tensor]:
        """The state dict under the published keys, in the published order; the tensors are the network's own."""
        own = self.state_dict()
        return {published: own[key] for key, published in published_keys(self).items()}


def _encoder(config: SuperResolutionConfig) -> tuple[nn.ModuleList, list[int]]:
    """The stages that go down, and the channels of all skips, the first convolution's included."""
    width = config.widths[0]
    stages, skips = nn.ModuleList(), [width]
    for level, level_width in enumerate(config.widths):
        for _ in range(config.blocks_per_level):
            stages.append(Stage(_residual(config, width, level_width), _attention(config, level)))
            width = level_width
            skips.append(width)
        if level < len(config.widths) - 1:
            stages.append(Stage(ResidualBlock(width, width, *_embedding_and_dropout(config), "down")))
            skips.append(width)
    return stages, skips


def _middle(config: SuperResolutionConfig) -> nn.ModuleList:
    width = config.widths[-1]
    first = Stage(_residual(config, width, width), SelfAttention(width, config.heads))
    return nn.ModuleList([first, Stage(_residual(config, width, width))])


def _decoder(config: SuperResolutionConfig, skips: list[int]) -> nn.ModuleList:
    """The stages that go up; the last of each level but the finest enlarges."""
    width = config.widths[-1]
    stages, skips = nn.ModuleList(), skips.copy()
    for level in reversed(range(len(config.widths))):
        for number in range(config.blocks_per_level + 1):
            residual = _residual(config, width + skips.pop(), config.widths[level])
            width = config.widths[level]
            enlarges = level > 0 and number == config.blocks_per_level
            upsampling = ResidualBlock(width, width, *_embedding_and_dropout(config), "up") if enlarges else None
            stages.append(Stage(residual, _attention(config, level), upsampling))
    return stages


def _residual(config: SuperResolutionConfig, in_channels: int, out_channels: int) -> ResidualBlock:
    return ResidualBlock(in_channels, out_channels, *_embedding_and_dropout(config))


def _attention(config: SuperResolutionConfig, level: int) -> SelfAttention | None:
    return SelfAttention(config.widths[level], config.heads) if 2**level in config.attention_factors else None


def _embedding_and_dropout(config: SuperResolutionConfig) -> tuple[int, float]:
    return _EMBEDDING_MULT * config.channels, config.dropout
