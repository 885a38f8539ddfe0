"""Published checkpoints against networks: the same keys and shapes, or a message that names the first difference."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from avbench.errors import DataError


def check_same_shapes(own: Mapping[str, Tensor], given: Mapping[str, Tensor], network: str) -> None:
    """Compares a network's state dict under published keys with a checkpoint's.

    Args:
        network: how the message calls the network.

    Raises:
        DataError: a key is missing, unexpected, or has another shape; the message names the first.
    """
    for key in [*own, *given]:
        wanted, found = (str(tuple(side[key].shape)) if key in side else "missing" for side in (own, given))
        if wanted != found:
            raise DataError(
                f"this is the checkpoint of another network than this {network}: {key} is {found} in the checkpoint "
                f"and {wanted} in the network. Give the settings it was trained with"
            )


def plain_weights(content: Any) -> Mapping[str, Tensor]:
    """The content of a checkpoint file that is a state dict.

    Raises:
        DataError: it is something else; the message says how to make one of it.
    """
    if not isinstance(content, Mapping) or not all(isinstance(tensor, Tensor) for tensor in content.values()):
        raise DataError(
            "it holds no plain dict of tensors; give a checkpoint of avbench or a published one, or, where its code is "
            "at hand and trusted, what torch.save(network.state_dict(), FILE) writes there"
        )
    return content
