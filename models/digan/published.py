"""DIGAN's published weights under our names.

A published file is a pickle of whole networks, from which `models.inert_unpickler` takes the tensors: `G_ema` is the
averaged generator and `D` both discriminators. It has no state of the optimisers, so that nobody can go on with the
training exactly as it was.
"""

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from avbench.errors import DataError
from models.digan.layers import FILTER, square_filter
from models.inert_unpickler import Record, module_weights
from models.published import check_same_shapes

_GENERATOR, _DISCRIMINATORS = "G_ema", "D"
# The filter stands in every layer, used or not. The mean style serves truncation, which DIGAN does not use.
_FILTER, _UNUSED = ".resample_filter", "G_ema.mapping.w_avg"


def published_weights(content: Any) -> Any:
    """The tensors in the content of a published file, as `G_ema.<key>` and `D.<key>`, or the content if it has none.

    A state dict of the averaged generator alone, with its own keys, is taken too.

    Raises:
        DataError: one of the networks is none.
    """
    if not isinstance(content, Mapping):
        return content
    if any(str(key).startswith("synthesis.") for key in content):
        return {f"{_GENERATOR}.{key}": tensor for key, tensor in content.items()}
    if _GENERATOR not in content:
        return content
    weights: dict[str, Any] = {}
    for name in (_GENERATOR, _DISCRIMINATORS):
        network = content.get(name)
        tensors = module_weights(network) if isinstance(network, Record) else network
        if not isinstance(tensors, Mapping):
            raise DataError(f"its {name} is {network!r}, and no network")
        weights |= {f"{name}.{key}": tensor for key, tensor in tensors.items()}
    return weights


def own_weights(given: Mapping[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """The state dict of `network`, a `DiganNetwork`, with published weights.

    Where the file has the generator alone, the discriminators keep their own.

    Args:
        given: as `published_weights` returns them.

    Raises:
        DataError: a key is missing, unexpected, or has another shape; the message names the first.
    """
    own, names = network.state_dict(), published_names(network)
    if not any(key.startswith(f"{_DISCRIMINATORS}.") for key in given):
        names = {name: key for name, key in names.items() if key.startswith(f"{_GENERATOR}.")}
    learnt = {key: tensor for key, tensor in given.items() if not key.endswith(_FILTER) and key != _UNUSED}
    check_same_shapes({key: own[name] for name, key in names.items()}, learnt, type(network).__name__)
    _check_filters({key: tensor for key, tensor in given.items() if key.endswith(_FILTER)})
    return own | {name: given[key] for name, key in names.items()}


def published_names(network: nn.Module) -> dict[str, str]:
    """Our names in the state dict of a `DiganNetwork`, and what they are called in a published file."""
    return {name: _published(name) for name in network.state_dict()}


def _published(name: str) -> str:
    network, _, key = name.partition(".")
    if network == "generator":
        return f"{_GENERATOR}." + re.sub(r"^synthesis\.b4\.coord_fuser\.", "synthesis.b4.input.input.coord_fuser.", key)
    return f"{_DISCRIMINATORS}." + re.sub(r"^(motion|image)\.", lambda kind: _CALLED[kind[1]], key)


_CALLED = {"motion": "videoD.", "image": "imageD."}


def _check_filters(given: Mapping[str, Tensor]) -> None:
    wanted = square_filter(FILTER)
    for key, tensor in given.items():
        if tensor.shape != wanted.shape or not torch.allclose(tensor.float(), wanted, atol=1e-6):
            raise DataError(f"{key} is another filter than that of DIGAN's discriminators, the square of 1, 3, 3, 1")
