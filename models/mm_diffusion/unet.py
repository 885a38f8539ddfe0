"""The U-Net over one stream or both: what the coupled network and its single streams share."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from avbench.errors import UsageError
from models.mm_diffusion.block import Block, Middle
from models.mm_diffusion.config import CoupledUNetConfig
from models.mm_diffusion.normalization import GroupNorm
from models.mm_diffusion.plan import plan
from models.mm_diffusion.published import published_key, published_shape
from models.mm_diffusion.stream import CHANNELS, Head, State, Stem, Stream
from models.mm_diffusion.time_embedding import TimeEmbedding
from models.published import check_same_shapes


class UNet(nn.Module):
    """Encoder, middle and decoder with skips, over one stream or two; two streams attend to each other.

    Attributes:
        streams: what the network reads and predicts.
        activation_checkpointing: keep only what enters and leaves a block, and compute its inside again for the
            gradients, under the same shift and dropout. Off at first.
    """

    streams: ClassVar[tuple[Stream, ...]]

    def __init__(self, config: CoupledUNetConfig) -> None:
        super().__init__()
        self.config = config
        self.activation_checkpointing = False
        blocks, width, streams = plan(config), config.channels, self.streams
        self.time_embedding = TimeEmbedding(width)
        self.stem = nn.ModuleDict({stream: Stem(stream, width) for stream in streams})
        self.encoder = nn.ModuleList([Block(block, config, streams) for block in blocks.encoder])
        self.middle = Middle(blocks.middle, config, streams)
        self.decoder = nn.ModuleList([Block(block, config, streams) for block in blocks.decoder])
        self.head = nn.ModuleDict({stream: Head(stream, width) for stream in streams})
        for module in self.modules():
            if isinstance(module, GroupNorm):
                module.groups = config.norm_groups

    @classmethod
    def from_published(cls, state_dict: Mapping[str, Tensor], **settings: Any) -> Self:
        """The network with the weights of a published checkpoint, in evaluation mode.

        Args:
            settings: fields of `CoupledUNetConfig`; without any, the 64x64 network. As in the released code, the
                middle has cross-attention where the windows are 1, 4 and 8, unless the settings say otherwise.

        Raises:
            DataError: a key or shape is another network's; the message names the first that differs.
        """
        config = CoupledUNetConfig(**settings)
        if "cross_in_middle" not in settings:
            config = replace(config, cross_in_middle=config.windows == (1, 4, 8))
        network = cls(config)
        names = {key: published_key(key, config) for key in network.state_dict()}
        check_same_shapes(network.to_published(), state_dict, cls.__name__)
        own = network.state_dict()
        network.load_state_dict({key: state_dict[name].reshape(own[key].shape) for key, name in names.items()})
        return network.eval()

    def to_published(self) -> dict[str, Tensor]:
        """The weights under the published keys."""
        named = ((published_key(key, self.config), tensor) for key, tensor in self.state_dict().items())
        return {key: tensor.view(published_shape(key, tensor)) for key, tensor in named}

    @property
    def shift_ranges(self) -> list[int]:
        """How many shifts each block that shifts chooses from, encoder first."""
        return [block.shift_range for block in (*self.encoder, *self.decoder) if block.shift_range]

    def predict(self, state: State, timesteps: Tensor, shifts: Tensor | None = None) -> State:
        """The noise in each stream of a noisy state.

        Args:
            state: video (B, 3, T, H, W) and audio (B, 1, S), as many as the network has streams.
            timesteps: (B,), int or float.
            shifts: int64, one for each block that shifts, each below its of `shift_ranges`; None: no shift.

        Raises:
            UsageError: a shape does not divide as the levels need it, or there are not as many shifts as blocks.
        """
        self._check(state, shifts)
        embedding = F.silu(self.time_embedding(timesteps))
        shift_of = iter(self._shift_of_each(shifts))
        state = tuple(stem(x) for stem, x in zip(self.stem.values(), state, strict=True))
        skips = [state]
        for block in self.encoder:
            state = self._run(block, state, embedding, next(shift_of), None)
            skips.append(state)
        state = self._run(self.middle, state, embedding, None, None)
        for block in self.decoder:
            state = self._run(block, state, embedding, next(shift_of), skips.pop())
        return tuple(head(x) for head, x in zip(self.head.values(), state, strict=True))

    def _run(
        self, block: nn.Module, state: State, embedding: Tensor, shift: Tensor | None, skip: State | None
    ) -> State:
        if self.activation_checkpointing and torch.is_grad_enabled():
            state = checkpoint(block, state, embedding, shift, skip, use_reentrant=False)
        else:
            state = block(state, embedding, shift, skip)
        return state

    def _shift_of_each(self, shifts: Tensor | None) -> list[Tensor | None]:
        """The shift of each block of encoder and decoder."""
        drawn = iter(shifts.unbind() if shifts is not None else ())
        return [next(drawn, None) if block.shift_range else None for block in (*self.encoder, *self.decoder)]

    def _check(self, state: State, shifts: Tensor | None) -> None:
        deepest = 2 ** (len(self.config.channel_mult) - 1)
        for stream, x in zip(self.streams, state, strict=True):
            shape, channels = tuple(x.shape), CHANNELS[stream]
            if stream == "video":
                wanted = f"(B, {channels}, {self.config.frames}, H, W) with H and W multiples of {deepest}"
                fits = len(shape) == 5 and shape[1:3] == (channels, self.config.frames)
                fits = fits and shape[3] % deepest == 0 and shape[4] % deepest == 0
            else:
                wanted = f"(B, {channels}, S) with S a multiple of {deepest**2}"
                fits = len(shape) == 3 and shape[1] == channels and shape[2] % deepest**2 == 0
            if not fits:
                raise UsageError(f"{stream} of shape {shape}; this network takes {wanted}")
        if shifts is not None and len(shifts) != len(self.shift_ranges):
            raise UsageError(f"{len(shifts)} shifts for {len(self.shift_ranges)} blocks that shift; see draw_shifts")
