"""The published checkpoints' names for the weights, derived from ours by rule."""

import re

from torch import Tensor

from models.mm_diffusion.config import CoupledUNetConfig
from models.mm_diffusion.plan import plan

_Rules = tuple[tuple[str, str], ...]  # (pattern of our name, what it becomes)

_OUTSIDE: _Rules = (
    (r"time_embedding\.hidden", r"time_embed.0"),
    (r"time_embedding\.out", r"time_embed.2"),
    (r"stem\.video\.conv\.(spatial|temporal)", r"input_blocks.0.0.video_conv.video_conv_\1"),
    (r"stem\.audio\.conv", r"input_blocks.0.0.audio_conv.audio_conv"),
    (r"head\.(video|audio)\.norm", r"\1_out.0.GroupNorm"),
    (r"head\.(video|audio)\.conv", r"\1_out.2.\1_conv"),
)

# The layers of a residual block and of a cross-attention.
_INSIDE: _Rules = (
    (r"step", r"emb_layers.1"),
    (r"halves\.(video|audio)\.norm_(in|out)", r"\1_\2_layers.0.GroupNorm"),
    (r"halves\.video\.conv_in\.(spatial|temporal)", r"video_in_layers.2.video_conv_\1"),
    (r"halves\.audio\.conv_in", r"audio_in_layers.2.audio_conv"),
    (r"halves\.(video|audio)\.conv_out", r"\1_out_layers.3.\1_conv"),
    (r"halves\.(video|audio)\.skip", r"\1_skip_connection.\1_conv"),
    (r"halves\.(?:video|audio)\.(spatial|temporal|audio)_attention\.norm", r"\1_attention_block.norm.GroupNorm"),
    (r"halves\.(?:video|audio)\.(spatial|temporal|audio)_attention\.qkv", r"\1_attention_block.qkv"),
    (r"halves\.(?:video|audio)\.(spatial|temporal|audio)_attention\.out", r"\1_attention_block.proj_out"),
    (r"(v|a)(?:ideo|udio)_norm", r"\1_norm.GroupNorm"),
    (r"(v|a)(?:ideo|udio)_qkv", r"\1_qkv"),
    (r"(video|audio)_out", r"\1_proj_out.\1_conv"),
)


def published_key(key: str, config: CoupledUNetConfig) -> str:
    """The published name of a parameter of the network that `config` describes."""
    path, kind = key.rsplit(".", 1)  # weight or bias
    block, layer = _place(path, config)
    for pattern, name in _INSIDE if block else _OUTSIDE:
        if match := re.fullmatch(pattern, layer):
            return f"{block}{match.expand(name)}.{kind}"
    raise AssertionError(f"no rule for {key}")


def published_shape(key: str, tensor: Tensor) -> tuple[int, ...]:
    """The shape under which a parameter is published: convolutions have as many dimensions as their kind has there."""
    if tensor.ndim == 1 or key.startswith("time_embed") or ".emb_layers." in key:
        return tuple(tensor.shape)
    name = key.split(".")[-2]
    axes = {"video_conv_spatial": 2, "video_conv": 3}.get(name, 1)
    kernel = [size for size in tensor.shape[2:] if size > 1]
    return (*tensor.shape[:2], *kernel, *[1] * (axes - len(kernel)))


def _place(path: str, config: CoupledUNetConfig) -> tuple[str, str]:
    """The published prefix of the block that a layer stands in, empty outside of blocks, and the rest of its path."""
    # The published code numbers the parts of a block. Single streams keep the coupled network's numbers.
    if match := re.fullmatch(r"middle\.(first|cross_attention|second)\.(.*)", path):
        parts = ["first", "cross_attention", "second"] if config.cross_in_middle else ["first", "second"]
        return f"middle_blocks.{parts.index(match[1])}.", match[2]
    if match := re.fullmatch(r"(encoder|decoder)\.(\d+)\.(residual|cross_attention|up)\.(.*)", path):
        number = int(match[2])
        block = getattr(plan(config), match[1])[number]
        parts = ["residual", "up"] if block.window is None else ["residual", "cross_attention", "up"]
        # The stem is the published encoder's first block.
        prefix = f"input_blocks.{number + 1}" if match[1] == "encoder" else f"output_blocks.{number}"
        return f"{prefix}.{parts.index(match[3])}.", match[4]
    return "", path
