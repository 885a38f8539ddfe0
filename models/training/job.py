"""What a run trains: its data, opened, and its network, built. Whatever is wrong with them is found here, first."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from avbench.clipset import open_clipset
from avbench.errors import DataError
from avbench.ranks import Ranks
from avbench.seeds import stream
from models.checkpoint import load_weights, read_weights
from models.config import RunConfig
from models.model import Examples, Model
from models.published import check_same_shapes
from models.registry import MODELS
from models.run import Run
from models.training.batches import Share
from models.training.device import available_gib, check_memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All that training needs besides the run's folder."""

    config: RunConfig
    model: Model
    share: Share
    fingerprint: str  # of the clip set
    examples: Examples
    network: nn.Module  # on the CPU
    first_stages: tuple[nn.Module, ...]  # its frozen parts
    parameters: int
    needed_gib: float | None  # per process; None: nobody has measured these settings
    available_gib: float


def prepare_job(config: RunConfig, ranks: Ranks, *, begun: bool = False) -> Job:
    """Opens the data and builds the network of a configuration, in every process alike.

    Args:
        begun: the run has a checkpoint, so that it does not matter with which weights it, or a frozen part, started.

    Raises:
        UsageError: the settings contradict each other, or ask for more than this device has.
        DataError: the clip set, or a checkpoint to start from or to stand on, is not what it should be.
        MissingError: pretrained weights that the network needs are missing.
    """
    model = MODELS[config.model]
    training = config.training
    share = Share(
        batch_size=training.batch_size, accumulation=training.accumulation, rank=ranks.index, processes=ranks.count
    )
    available = available_gib()
    needed = check_memory(model, config, share.micro_batch, available)
    clipset = open_clipset(config.data)
    examples = model.examples(clipset, config)
    torch.manual_seed(int(stream(config.seed, "train", "initial weights").integers(2**63)))
    network = model.build(config)
    if not begun:
        if config.init is None:
            model.load_pretrained(network, config)
        else:
            network = _started(network, model, config, config.init)
    first_stages = {name: network.get_submodule(name) for name in model.first_stages}
    for part in first_stages.values():
        part.requires_grad_(False)
    if not begun:
        # Without any, they came with the first weights.
        for (name, part), checkpoint in zip(first_stages.items(), config.first_stages, strict=False):
            _take_over(part, name, checkpoint)
    return Job(
        config=config,
        model=model,
        share=share,
        fingerprint=clipset.fingerprint,
        examples=examples,
        network=network,
        first_stages=tuple(first_stages.values()),
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        needed_gib=needed,
        available_gib=available,
    )


def _started(network: nn.Module, model: Model, config: RunConfig, start: Path) -> nn.Module:
    """The network with the weights of a run, of a checkpoint, or of a published one."""
    if start.is_dir():
        weights, published = load_weights(Run(start)), False
    else:
        weights, published = read_weights(start, model.published_weights)
    try:
        if published:
            weights = model.from_published(weights, config).state_dict()
        check_same_shapes(network.state_dict(), weights, type(network).__name__)
    except DataError as error:
        raise DataError(f"{start}: {error}") from error
    network.load_state_dict(dict(weights))
    return network


def _take_over(part: nn.Module, name: str, checkpoint: Path) -> None:
    """Gives a submodule the weights from the run that trained it, whose network may have more: discriminators."""
    weights, _ = read_weights(checkpoint)
    own = part.state_dict()
    try:
        check_same_shapes(own, {key: tensor for key, tensor in weights.items() if key in own}, f"network's {name}")
    except DataError as error:
        raise DataError(f"{checkpoint}: {error}") from error
    part.load_state_dict({key: weights[key] for key in own})
