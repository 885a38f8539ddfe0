"""The blocks of the U-Net as a list: widths, dilations and attention, walked from the settings."""

from dataclasses import dataclass
from typing import Literal

from models.mm_diffusion.config import CoupledUNetConfig

Resampling = Literal["down", "up"]

_DILATIONS = 10  # the audio stream's dilation runs through 1, 2, 4, ... 512 and starts over


@dataclass(frozen=True, slots=True)
class ResidualPlan:
    """A residual block: widths of both streams, and what it has beyond its convolutions."""

    inputs: int
    outputs: int
    dilation: int  # of the audio stream's convolution
    video_attention: bool = False
    audio_attention: bool = False
    resampling: Resampling | None = None


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """An entry of the encoder or decoder: a residual block and what may follow it."""

    residual: ResidualPlan
    window: int | None = None  # frames of the cross-attention; None: no cross-attention
    up: ResidualPlan | None = None  # leads to the next larger level


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole network between the first convolution and the heads."""

    encoder: tuple[BlockPlan, ...]
    middle: ResidualPlan  # both blocks of the middle
    decoder: tuple[BlockPlan, ...]


def plan(config: CoupledUNetConfig) -> Plan:
    """The blocks of the network that `config` describes."""
    widths = [config.channels * mult for mult in config.channel_mult]
    encoder, dilation_index = _encoder(config, widths)
    middle = ResidualPlan(widths[-1], widths[-1], _dilation(dilation_index), video_attention=True, audio_attention=True)
    # Every block of the encoder, and the first convolution, hands its output to one block of the decoder.
    skips = [config.channels, *(block.residual.outputs for block in encoder)]
    return Plan(tuple(encoder), middle, tuple(_decoder(config, widths, skips, dilation_index - 1)))


def _encoder(config: CoupledUNetConfig, widths: list[int]) -> tuple[list[BlockPlan], int]:
    blocks: list[BlockPlan] = []
    index = 1  # of the dilation; every residual block moves it on
    inputs = config.channels
    for level, width in enumerate(widths):
        factor = 2**level
        for _ in range(config.blocks_per_level):
            attention = factor in config.self_attention_factors
            blocks.append(BlockPlan(ResidualPlan(inputs, width, _dilation(index), attention), config.window(factor)))
            inputs, index = width, index + 1
        if level < len(widths) - 1:
            blocks.append(BlockPlan(ResidualPlan(width, width, _dilation(index), resampling="down")))
            index += 1
    return blocks, index


def _decoder(config: CoupledUNetConfig, widths: list[int], skips: list[int], index: int) -> list[BlockPlan]:
    blocks: list[BlockPlan] = []
    inputs = widths[-1]
    for level, width in reversed(list(enumerate(widths))):
        factor = 2**level
        for position in range(config.blocks_per_level + 1):
            attention = factor in config.self_attention_factors
            residual = ResidualPlan(inputs + skips.pop(), width, _dilation(index), attention)
            inputs, index = width, index - 1
            # The block that leads up shares its dilation with the next one: it doesn't move the index.
            last = level > 0 and position == config.blocks_per_level
            up = ResidualPlan(width, width, _dilation(index), resampling="up") if last else None
            blocks.append(BlockPlan(residual, config.window(factor), up))
    return blocks


def _dilation(index: int) -> int:
    return 1 << index % _DILATIONS
