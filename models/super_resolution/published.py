"""The names that published checkpoints give to the upsampler's weights (OpenAI's guided-diffusion)."""

from collections.abc import Iterator, Mapping

from torch import Tensor, nn

from models.published import check_same_shapes
from models.super_resolution.blocks import ResidualBlock, SelfAttention

_RESIDUAL = {
    "in_norm": "in_layers.0",
    "in_conv": "in_layers.2",
    "embedding": "emb_layers.1",
    "out_norm": "out_layers.0",
    "out_conv": "out_layers.3",
    "skip": "skip_connection",
}
_ATTENTION = {"norm": "norm", "qkv": "qkv", "out": "proj_out"}
_OUTSIDE_STAGES = {
    "time_embedding.hidden": "time_embed.0",
    "time_embedding.out": "time_embed.2",
    "stem": "input_blocks.0.0",
    "head_norm": "out.0",
    "head_conv": "out.2",
}

# Of ADM's class-conditional upsampler; MM-Diffusion has no classes.
_DROPPED = "label_emb."


def published_keys(network: nn.Module) -> dict[str, str]:
    """The published key of each of the network's own keys, in the published order."""
    layers = dict(_published_layers(network))
    keys = {}
    for key in network.state_dict():
        layer, _, parameter = key.rpartition(".")
        keys[key] = f"{layers[layer]}.{parameter}"
    return keys


def load_published(network: nn.Module, state_dict: Mapping[str, Tensor]) -> None:
    """Copies a published state dict into `network`, a `SuperResolutionUNet`.

    Raises:
        DataError: a key is missing, unexpected, or has another shape; the message names the first.
    """
    keys, own = published_keys(network), network.state_dict()
    given = {key: tensor for key, tensor in state_dict.items() if not key.startswith(_DROPPED)}
    check_same_shapes({keys[key]: tensor for key, tensor in own.items()}, given, type(network).__name__)
    network.load_state_dict({key: given[published] for key, published in keys.items()})


def _published_layers(network: nn.Module) -> Iterator[tuple[str, str]]:
    """Pairs of layers: its name here, its published name."""
    yield from _OUTSIDE_STAGES.items()
    for name, published in _published_blocks(network):
        block = network.get_submodule(name)
        if isinstance(block, ResidualBlock):
            names = _RESIDUAL
        else:
            assert isinstance(block, SelfAttention)
            names = _ATTENTION
        yield from ((f"{name}.{layer}", f"{published}.{other}") for layer, other in names.items())


def _published_blocks(network: nn.Module) -> Iterator[tuple[str, str]]:
    """Pairs of residual and attention blocks: its name here, its published name.

    The published blocks are sequences without names: a block's number is its place among those that are there.
    """
    for part, published, first in (("encoder", "input_blocks", 1), ("decoder", "output_blocks", 0)):
        for number, stage in network.get_submodule(part).named_children():
            for place, (block, _) in enumerate(stage.named_children()):
                yield f"{part}.{number}.{block}", f"{published}.{int(number) + first}.{place}"
    middle = network.get_submodule("middle")
    blocks = [f"{number}.{block}" for number, stage in middle.named_children() for block, _ in stage.named_children()]
    for place, block in enumerate(blocks):
        yield f"middle.{block}", f"middle_block.{place}"
