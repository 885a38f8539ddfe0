"""The network of a run, ready to sample from."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from avbench.errors import DataError
from models.checkpoint import load_weights
from models.config import RunConfig
from models.model import Model
from models.published import check_same_shapes
from models.registry import MODELS
from models.run import Run
from models.sampling.settings import NetworkSettings


@dataclass(frozen=True, slots=True)
class SamplingNetwork:
    """A network with the moving average of its weights, in evaluation mode, and what it belongs to."""

    model: Model
    config: RunConfig
    network: nn.Module
    device: torch.device
    settings: NetworkSettings


def load_network(run: Run, checkpoint: Path | None = None, *, device: torch.device) -> SamplingNetwork:
    """The network of a run.

    Args:
        checkpoint: one of the run's; None for the newest.

    Raises:
        DataError: there is no checkpoint, or it is damaged or of other settings.
    """
    weights = load_weights(run, path=checkpoint)
    chosen = checkpoint or run.checkpoints()[-1]
    model: Model = MODELS[run.config.model]
    network = model.build(run.config)
    try:
        check_same_shapes(network.state_dict(), weights, run.config.model)
    except DataError as error:
        raise DataError(f"{chosen}: {error}; they stand in {run.path / 'config.toml'}") from error
    network.load_state_dict(dict(weights))
    settings = NetworkSettings(
        run=run.name, model=run.config.model, step=int(chosen.stem), weights_sha256=_sha256(weights)
    )
    # Guidance takes gradients by the network's input; none by its weights.
    network = network.eval().requires_grad_(False).to(device)
    return SamplingNetwork(model, run.config, network, device, settings)


def _sha256(weights: Mapping[str, Tensor]) -> str:
    """Of names, types, shapes and values, whatever file they came from."""
    digest = hashlib.sha256()
    for name, tensor in sorted(weights.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        values: Any = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
        digest.update(values)
    return digest.hexdigest()
