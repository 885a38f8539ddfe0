"""The tensors of a training, and how they go into a checkpoint and come back."""

import contextlib
import math
import os
from collections.abc import Mapping
from typing import Any, cast

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import GradientAccumulationPlugin
from torch import Tensor, nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)

from avbench.errors import UsageError
from models.checkpoint import Checkpoint
from models.config import TrainingConfig
from models.published import check_same_shapes
from models.training.ema import EMA

_BETAS = (0.9, 0.999)
_WHOLE = StateDictOptions(full_state_dict=True, cpu_offload=True)
_FROM_WHOLE = StateDictOptions(full_state_dict=True)


def new_accelerator(config: TrainingConfig) -> Accelerator:
    """The one thing that knows of devices, precision and the other processes.

    Sharding (FSDP) is asked for by starting the processes with `accelerate launch --use_fsdp`.

    Raises:
        UsageError: the device has no such precision, or the processes do not find each other.
    """
    on_gpu = torch.cuda.is_available()
    if config.precision == "fp16" and not on_gpu:
        raise UsageError(
            "training.precision is fp16, which needs a GPU, and there is none; choose --set training.precision=no"
        )
    AcceleratorState._reset_state()  # a process may train one run after the other, in another precision
    accelerator = Accelerator(
        cpu=not on_gpu,
        mixed_precision=config.precision,
        # As a plug-in, since a plain number gives way to the environment; losses are scaled by ourselves.
        gradient_accumulation_plugin=GradientAccumulationPlugin(num_steps=1),
    )
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if accelerator.num_processes != started:
        raise UsageError(
            f"{started} processes were started (WORLD_SIZE), but {accelerator.num_processes} found each other; "
            "start them with `torchrun --nproc-per-node N --no-python avbench train ...`"
        )
    return accelerator


class TrainingState:
    """A network, its moving average, its optimiser and its loss scale, in whatever pieces the processes hold them.

    Args:
        network: freshly made or loaded; it is wrapped for the processes.
    """

    def __init__(self, network: nn.Module, config: TrainingConfig, accelerator: Accelerator) -> None:
        self._accelerator = accelerator
        self._config = config
        self._name = type(network).__name__
        self._empty = {name: tensor.to("meta") for name, tensor in network.state_dict().items()}
        if config.compile:
            network.compile()
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=config.learning_rate, betas=_BETAS, weight_decay=config.weight_decay
        )
        self.network, self.optimizer = accelerator.prepare(network, optimizer)
        self.ema = EMA(self.network, config)

    @property
    def learning_rate(self) -> float:
        return float(self.optimizer.param_groups[0]["lr"])

    @property
    def loss_scale(self) -> float | None:
        """None where the precision has none."""
        scaler = self._accelerator.scaler
        return None if scaler is None else float(scaler.get_scale())

    def accumulating(self, *, last: bool) -> contextlib.AbstractContextManager[None]:
        """For a micro-batch, forward and backward: only with the `last` one of a step do processes add up gradients."""
        return contextlib.nullcontext() if last else self._accelerator.no_sync(self.network)

    def backward(self, loss: Tensor) -> None:
        """Adds the gradients of `loss`, averaged over processes, to those that there are."""
        self._accelerator.backward(loss)

    def gradient_norm(self) -> float:
        """Euclidean norm of all gradients together, without the loss scale."""
        # Clipping at infinity clips nothing and knows about scales and shards.
        norm = self._accelerator.clip_grad_norm_(self.network.parameters(), math.inf)
        return float(norm.full_tensor() if hasattr(norm, "full_tensor") else norm)

    def update(self, learning_rate: float) -> bool:
        """Lets the gradients change weights and average, and clears them; False where half precision overflowed."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self._accelerator.optimizer_step_was_skipped:
            return False
        self.ema.update()
        return True

    def gather(self) -> dict[str, Any]:
        """What `Checkpoint` needs, whole and on the CPU; every process must call, the first one gets it."""
        network = self._weights()
        with self.ema.applied():
            # Copies: on a CPU these tensors are the network's own, which gets its weights back.
            ema = {name: tensor.clone() for name, tensor in self._weights().items()}
        optimizer, scaler = self.optimizer.optimizer, self._accelerator.scaler
        training = {
            # Before the first step there is no state, and torch would invent one.
            "optimizer": get_optimizer_state_dict(self.network, optimizer, options=_WHOLE) if optimizer.state else {},
            "ema_updates": self.ema.updates,
            "scaler": {} if scaler is None else scaler.state_dict(),
        }
        return {"network": network, "ema": ema, "training": training}

    def restore(self, checkpoint: Checkpoint) -> None:
        """Puts everything back as it was; what the settings say of the optimiser wins over what it was saved with.

        Raises:
            DataError: the checkpoint is another network's; the message names the first difference.
        """
        check_same_shapes(self._empty, checkpoint.network, self._name)
        self._load(checkpoint.ema)
        self.ema.reset()
        self._load(checkpoint.network)
        if saved := checkpoint.training:  # an imported run has weights alone
            self.ema.updates = saved["ema_updates"]
            if saved["optimizer"]:
                set_optimizer_state_dict(
                    self.network, self.optimizer.optimizer, saved["optimizer"], options=_FROM_WHOLE
                )
            if self._accelerator.scaler is not None and saved["scaler"]:
                self._accelerator.scaler.load_state_dict(saved["scaler"])
        for group in self.optimizer.param_groups:
            group["weight_decay"] = self._config.weight_decay

    def _weights(self) -> dict[str, Tensor]:
        return cast(dict[str, Tensor], get_model_state_dict(self.network, options=_WHOLE))

    def _load(self, weights: Mapping[str, Tensor]) -> None:
        set_model_state_dict(self.network, dict(weights), options=_FROM_WHOLE)
