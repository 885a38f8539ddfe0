"""Reading published checkpoints: tensors only, and only into the network they belong to."""

import pickle
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from avbench.errors import DataError

StateDict = Mapping[str, Tensor]
Network = TypeVar("Network", bound=nn.Module)

_NAMED = 5  # keys that a message spells out


def load_published(path: Path, build: Callable[[StateDict], Network], *, under: str | None = None) -> Network:
    """The network that `build` (as a rule, a class's `from_published`) makes of the state dict in `path`.

    Args:
        under: the file holds a dict and the state dict is the entry of this name.

    Raises:
        DataError: the file is no checkpoint, or one of another network; the message names it and what differs.
    """
    state_dict = _read(path, under)
    try:
        return build(state_dict)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def fill(network: nn.Module, state_dict: StateDict) -> None:
    """Copies a state dict into a network of the same keys and shapes.

    The counters of batch normalisation (`num_batches_tracked`) may be absent: converters leave them out, and nothing
    uses them.

    Raises:
        DataError: a key is missing, unexpected, or has another shape.
    """
    own = network.state_dict()
    missing = [key for key in own if key not in state_dict and not key.endswith(".num_batches_tracked")]
    unexpected = [key for key in state_dict if key not in own]
    reshaped = [
        f"{key} {tuple(state_dict[key].shape)} for {tuple(own[key].shape)}"
        for key in own
        if key in state_dict and state_dict[key].shape != own[key].shape
    ]
    found = (("missing", missing), ("unexpected", unexpected), ("of another shape", reshaped))
    differences = [f"{_listing(keys)} {what}" for what, keys in found if keys]
    if differences:
        raise DataError(
            f"this is the checkpoint of another network than {type(network).__name__}: {'; '.join(differences)}. "
            "Give the file that `avbench weights list` names"
        )
    network.load_state_dict(dict(state_dict), strict=False)


def _read(path: Path, under: str | None) -> StateDict:
    try:
        # Tensors only: a checkpoint is a pickle, and a pickle can run anything.
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise DataError(f"{path}: not a checkpoint of plain tensors ({_first_line(error)})") from error
    if under is not None:
        if not isinstance(content, dict) or under not in content:
            raise DataError(f'{path}: the checkpoint of another network; it has no entry "{under}"')
        content = content[under]
    if not isinstance(content, dict) or not all(isinstance(tensor, Tensor) for tensor in content.values()):
        raise DataError(f"{path}: the checkpoint of another network; it holds no plain dict of tensors")
    return content


def _listing(keys: Iterable[str]) -> str:
    keys = list(keys)
    named = ", ".join(keys[:_NAMED])
    return named if len(keys) <= _NAMED else f"{named} and {len(keys) - _NAMED} more"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
