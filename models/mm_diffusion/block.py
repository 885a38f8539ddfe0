"""The blocks of the U-Net: the residual halves of its streams, and the attention that couples them."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.mm_diffusion.config import CoupledUNetConfig
from models.mm_diffusion.cross_attention import CrossModalAttention
from models.mm_diffusion.plan import BlockPlan, ResidualPlan
from models.mm_diffusion.stream import State, Stream, half


class ResidualBlock(nn.Module):
    """A residual block over the streams: nothing passes between them, but one projection of the step serves all."""

    def __init__(self, plan: ResidualPlan, config: CoupledUNetConfig, streams: Sequence[Stream]) -> None:
        super().__init__()
        self.step = nn.Linear(config.channels, 2 * plan.outputs)
        self.halves = nn.ModuleDict({stream: half(stream, plan, config) for stream in streams})

    def forward(self, state: State, embedding: Tensor) -> State:
        scale, shift = self.step(embedding).chunk(2, dim=1)
        return tuple(half(x, scale, shift) for half, x in zip(self.halves.values(), state, strict=True))


class Block(nn.Module):
    """An entry of the encoder or decoder: a residual block, what couples the streams, and the way to the next level.

    A block of the decoder takes a skip: what a block of the encoder gave joins its input's channels.

    Attributes:
        shift_range: how many shifts the cross-attention chooses from; 0 if it never shifts.
    """

    def __init__(self, plan: BlockPlan, config: CoupledUNetConfig, streams: Sequence[Stream]) -> None:
        super().__init__()
        self.residual = ResidualBlock(plan.residual, config, streams)
        window = plan.window if len(streams) > 1 else None
        self.cross_attention = cross_attention(plan.residual.outputs, window, config) if window else None
        self.up = ResidualBlock(plan.up, config, streams) if plan.up else None
        self.shift_range = config.frames - window + 1 if window and config.random_shift else 0

    def forward(self, state: State, embedding: Tensor, shift: Tensor | None, skip: State | None) -> State:
        if skip is not None:
            state = tuple(torch.cat(pair, dim=-1) for pair in zip(state, skip, strict=True))
        state = self.residual(state, embedding)
        if self.cross_attention is not None:
            state = self.cross_attention(*state, shift)
        if self.up is not None:
            state = self.up(state, embedding)
        return state


class Middle(nn.Module):
    """The bottom of the U: two residual blocks and, where the settings have it, attention among all frames between.

    It is called as a `Block` is, and has neither shift nor skip.
    """

    def __init__(self, plan: ResidualPlan, config: CoupledUNetConfig, streams: Sequence[Stream]) -> None:
        super().__init__()
        self.first = ResidualBlock(plan, config, streams)
        coupled = config.cross_in_middle and len(streams) > 1
        self.cross_attention = cross_attention(plan.outputs, config.frames, config) if coupled else None
        self.second = ResidualBlock(plan, config, streams)

    def forward(self, state: State, embedding: Tensor, shift: None, skip: None) -> State:
        state = self.first(state, embedding)
        if self.cross_attention is not None:
            state = self.cross_attention(*state, None)
        state = self.second(state, embedding)
        return state


def cross_attention(channels: int, window: int, config: CoupledUNetConfig) -> CrossModalAttention:
    return CrossModalAttention(channels, frames=config.frames, window=window, head_channels=config.cross_head_channels)
