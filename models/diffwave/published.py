"""Published DiffWave weights under our names: lmnt's as they are, the authors' with three things folded.

The authors keep weight normalisation, apply tanh to the first half of a gate and the sigmoid to the second, and have
two convolutions where lmnt has one for the residual and the skip output: the same function, written otherwise.
"""

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from avbench.errors import DataError
from models.published import check_same_shapes

_OUTSIDE = {
    "input_projection": "init_conv.0.conv",
    "diffusion_embedding.projection1": "residual_layer.fc_t1",
    "diffusion_embedding.projection2": "residual_layer.fc_t2",
    "skip_projection": "final_conv.0.conv",
    "output_projection": "final_conv.2.conv",
}
_NORMALISED = re.compile(r"(init_conv\.0|final_conv\.0|dilated_conv_layer)\.conv$|(res|skip)_conv$")

# What torch's newer weight normalisation calls gain and direction.
_PARAMETRISED = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
_ENTRIES = ("model", "model_state_dict")  # of lmnt's and the authors' files


def published_weights(content: Any) -> Any:
    """The state dict in the content of a published file, or the content if that is one."""
    if isinstance(content, dict):
        for entry in _ENTRIES:
            if entry in content:
                return content[entry]
    return content


def own_weights(state_dict: Mapping[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """The state dict of `network`, a `DiffWave`, with published weights; its table of steps stays its own.

    Raises:
        DataError: a key is missing, unexpected, or has another shape; the message names the first.
    """
    own = network.state_dict()
    learnt = {key: tensor for key, tensor in own.items() if key != "diffusion_embedding.table"}
    name = type(network).__name__
    if not any(key.startswith("residual_layer.") for key in state_dict):
        _check_variant(network, "lmnt")
        check_same_shapes(learnt, state_dict, name)
        return own | dict(state_dict)
    _check_variant(network, "authors")
    given = {_renamed(key): tensor for key, tensor in state_dict.items()}
    check_same_shapes(_authors_shapes(learnt, network), given, name)
    return own | _folded(given, list(learnt))


def _check_variant(network: Any, found: str) -> None:
    if (wanted := network.config.variant) != found:
        raise DataError(
            f"this is a checkpoint of the variant {found}, and the network is one of {wanted}; give --set "
            f"network.variant={found}"
        )


def _renamed(key: str) -> str:
    for new, old in _PARAMETRISED.items():
        key = key.replace(new, old)
    return key


def _authors_shapes(learnt: Mapping[str, Tensor], network: Any) -> dict[str, Tensor]:
    """Empty tensors with the authors' keys and shapes for this network."""
    config = network.config
    shapes: dict[str, Tensor] = {}
    for key, tensor in learnt.items():
        layer, _, kind = key.rpartition(".")
        for theirs, rows in _authors_layers(layer, config.channels, config.skip_channels, len(tensor)).items():
            if kind == "bias" or not _NORMALISED.search(theirs):
                shapes[f"{theirs}.{kind}"] = torch.empty(rows, *tensor.shape[1:], device="meta")
            else:
                shapes[f"{theirs}.weight_g"] = torch.empty(rows, *[1] * (tensor.ndim - 1), device="meta")
                shapes[f"{theirs}.weight_v"] = torch.empty(rows, *tensor.shape[1:], device="meta")
    return shapes


def _authors_layers(layer: str, channels: int, skip_channels: int, rows: int) -> dict[str, int]:
    """The authors' layers that make up one of ours, and how many of its outputs are whose."""
    if layer in _OUTSIDE:
        return {_OUTSIDE[layer]: rows}
    match = re.fullmatch(r"residual_layers\.(\d+)\.(\w+)", layer)
    assert match, layer
    block = f"residual_layer.residual_blocks.{match[1]}"
    return {
        "dilated_conv": {f"{block}.dilated_conv_layer.conv": rows},
        "diffusion_projection": {f"{block}.fc_t": rows},
        "output_projection": {f"{block}.res_conv": channels, f"{block}.skip_conv": skip_channels},
    }[match[2]]


def _folded(given: Mapping[str, Tensor], keys: list[str]) -> dict[str, Tensor]:
    """Our weights from the authors'."""
    folded = {}
    for key in keys:
        layer, _, kind = key.rpartition(".")
        parts = [_tensor(given, theirs, kind) for theirs in _authors_layers(layer, 0, 0, 0)]
        tensor = torch.cat(parts)
        # Our gate comes first, theirs second.
        folded[key] = torch.cat(tensor.chunk(2)[::-1]) if layer.endswith(".dilated_conv") else tensor
    return folded


def _tensor(given: Mapping[str, Tensor], layer: str, kind: str) -> Tensor:
    """A weight or bias; weights are made of their gain and direction, one of each for every output."""
    if kind == "weight" and f"{layer}.weight_v" in given:
        direction = given[f"{layer}.weight_v"]
        length = direction.flatten(1).norm(dim=1).reshape(-1, *[1] * (direction.ndim - 1))
        weight: Tensor = given[f"{layer}.weight_g"] * direction / length
        return weight
    return given[f"{layer}.{kind}"]
