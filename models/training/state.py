"""The tensors of a training, and how they go into a checkpoint and come back."""

import contextlib
import math
import os
from collections.abc import Iterator, Mapping
from typing import Any, cast

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedType, GradientAccumulationPlugin, broadcast
from torch import Tensor, nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)
from torch.optim import Optimizer

from avbench.errors import UsageError
from models.checkpoint import Checkpoint
from models.config import TrainingConfig
from models.published import check_same_shapes
from models.training.ema import EMA

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
    """A network, its moving average, its optimisers and its loss scale, in whatever pieces the processes hold them.

    With one optimiser, the network is wrapped for the processes (DistributedDataParallel, FSDP), which then average
    gradients while they are computed. With several it is not, since a wrapper knows only one forward and one backward
    pass of all parameters: `gradient_norm` averages gradients, and every process holds the whole network.

    Args:
        network: freshly made or loaded.
        optimizers: by name, all of its trained parameters among them.
        averaged: the part of the network that has a moving average; None: all.

    Raises:
        UsageError: the settings, or how the processes were started, do not go with several optimisers.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizers: Mapping[str, Optimizer],
        config: TrainingConfig,
        accelerator: Accelerator,
        *,
        averaged: nn.Module | None = None,
    ) -> None:
        self._accelerator = accelerator
        self._config = config
        self._name = type(network).__name__
        self._empty = {name: tensor.to("meta") for name, tensor in network.state_dict().items()}
        self._groups = {name: _settings(optimizer) for name, optimizer in optimizers.items()}
        self._wrapped = len(optimizers) == 1
        self._parts = {
            name: [parameter for group in optimizer.param_groups for parameter in group["params"]]
            for name, optimizer in optimizers.items()
        }
        self.network, self._optimizers = self._prepared(network, optimizers)
        self.ema = EMA(self.network if averaged is None or averaged is network else averaged, config)

    @property
    def learning_rates(self) -> dict[str, float]:
        """By optimiser; of its first group."""
        return {name: float(optimizer.param_groups[0]["lr"]) for name, optimizer in self._optimizers.items()}

    @property
    def loss_scale(self) -> float | None:
        """None where the precision has none."""
        scaler = self._accelerator.scaler
        return None if scaler is None else float(scaler.get_scale())

    def begin_step(self) -> None:
        """Lets all processes have the first one's buffers, as a wrapper does."""
        if not self._wrapped and self._accelerator.num_processes > 1:
            for buffer in self.network.buffers():
                broadcast(buffer)

    @contextlib.contextmanager
    def phase(self, optimizer: str) -> Iterator[None]:
        """For the gradients of one optimiser's parameters: in the block, no others gather any."""
        if self._wrapped:
            yield
            return
        for name, parameters in self._parts.items():
            _require_gradients(parameters, name == optimizer)
        try:
            yield
        finally:
            for parameters in self._parts.values():
                _require_gradients(parameters, True)

    @contextlib.contextmanager
    def micro_batch(self, *, last: bool) -> Iterator[None]:
        """For forward and backward of a micro-batch: only with a phase's `last` one do processes share gradients."""
        with contextlib.ExitStack() as stack:
            if not last:
                stack.enter_context(self._accelerator.no_sync(self.network))
            if not self._wrapped:
                stack.enter_context(self._accelerator.autocast())  # a wrapped network does so itself
            yield

    def backward(self, loss: Tensor) -> None:
        """Adds the gradients of `loss` to those that there are; they are averaged over processes."""
        self._accelerator.backward(loss)

    def gradient_norm(self, optimizer: str) -> float:
        """Euclidean norm of the gradients of an optimiser's parameters, without the loss scale and before clipping."""
        if not self._wrapped:
            self._average_gradients(self._parts[optimizer])
        # A sharded network is known by all of its parameters; clipping at infinity clips nothing.
        parameters = self.network.parameters() if self._wrapped else self._parts[optimizer]
        most = math.inf if self._config.gradient_clip is None else self._config.gradient_clip
        norm = self._accelerator.clip_grad_norm_(parameters, most)
        return float(norm.full_tensor() if hasattr(norm, "full_tensor") else norm)

    def update(self, optimizer: str, learning_rate: float) -> bool:
        """Lets the gradients change an optimiser's parameters, and clears them; False where half precision overflowed.

        Args:
            learning_rate: `TrainingConfig.learning_rate` as it is in this step.
        """
        chosen = self._optimizers[optimizer]
        for group, own in zip(chosen.param_groups, self._groups[optimizer], strict=True):
            group["lr"] = learning_rate * (own["lr"] / self._config.learning_rate)
        chosen.step()
        chosen.zero_grad()
        return not self._accelerator.optimizer_step_was_skipped

    def gather(self) -> dict[str, Any]:
        """What `Checkpoint` needs, whole and on the CPU; every process must call, the first one gets it."""
        network = self._weights()
        with self.ema.applied():
            # Copies: on a CPU these tensors are the network's own, which gets its weights back.
            ema = {name: tensor.clone() for name, tensor in self._weights().items()}
        scaler = self._accelerator.scaler
        training = {
            "optimizers": {name: self._optimizer_state(optimizer) for name, optimizer in self._optimizers.items()},
            "ema_updates": self.ema.updates,
            "scaler": {} if scaler is None else scaler.state_dict(),
        }
        return {"network": network, "ema": ema, "training": training}

    def restore(self, checkpoint: Checkpoint) -> None:
        """Puts everything back as it was; what the settings say of the optimisers wins over what they were saved with.

        Raises:
            DataError: the checkpoint is another network's; the message names the first difference.
        """
        check_same_shapes(self._empty, checkpoint.network, self._name)
        self._load(checkpoint.ema)
        self.ema.reset()
        self._load(checkpoint.network)
        if saved := checkpoint.training:  # an imported run has weights alone
            self.ema.updates = saved["ema_updates"]
            # Before there were models of several, a checkpoint held the state of the one optimiser.
            states = (
                saved["optimizers"] if "optimizers" in saved else dict.fromkeys(self._optimizers, saved["optimizer"])
            )
            for name, optimizer in self._optimizers.items():
                if states[name]:
                    set_optimizer_state_dict(self.network, optimizer.optimizer, states[name], options=_FROM_WHOLE)
            if self._accelerator.scaler is not None and saved["scaler"]:
                self._accelerator.scaler.load_state_dict(saved["scaler"])
        for name, optimizer in self._optimizers.items():
            for group, own in zip(optimizer.param_groups, self._groups[name], strict=True):
                group |= own

    def _prepared(self, network: nn.Module, optimizers: Mapping[str, Optimizer]) -> tuple[nn.Module, dict[str, Any]]:
        """Both as the processes use them."""
        if self._wrapped:
            ((name, optimizer),) = optimizers.items()
            if self._config.compile:
                network.compile()
            network, prepared = self._accelerator.prepare(network, optimizer)
            return network, {name: prepared}
        several = f"this model is trained by {len(optimizers)} optimisers, which"
        if self._config.precision == "fp16":
            raise UsageError(f"{several} would share one loss scale; choose --set training.precision=bf16 or no")
        if self._config.compile:
            raise UsageError(f"{several} use more of the network than can be compiled; leave training.compile out")
        if self._accelerator.distributed_type == DistributedType.FSDP:
            raise UsageError(f"{several} need the whole network; start the processes with torchrun, without FSDP")
        network = network.to(self._accelerator.device)
        return network, {name: self._accelerator.prepare_optimizer(each) for name, each in optimizers.items()}

    def _average_gradients(self, parameters: list[nn.Parameter]) -> None:
        """Gives every process the mean of all processes' gradients, in one message."""
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        if self._accelerator.num_processes == 1 or not gradients:
            return
        mean = self._accelerator.reduce(torch.cat([gradient.reshape(-1) for gradient in gradients]), "mean")
        for gradient, part in zip(gradients, mean.split([gradient.numel() for gradient in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def _optimizer_state(self, optimizer: Any) -> dict[str, Any]:
        bare = optimizer.optimizer
        # Before the first step there is no state, and torch would invent one.
        return dict(get_optimizer_state_dict(self.network, bare, options=_WHOLE)) if bare.state else {}

    def _weights(self) -> dict[str, Tensor]:
        return cast(dict[str, Tensor], get_model_state_dict(self.network, options=_WHOLE))

    def _load(self, weights: Mapping[str, Tensor]) -> None:
        set_model_state_dict(self.network, dict(weights), options=_FROM_WHOLE)


def _settings(optimizer: Optimizer) -> list[dict[str, Any]]:
    """What an optimiser was made with, by group."""
    return [{name: value for name, value in group.items() if name != "params"} for group in optimizer.param_groups]


def _require_gradients(parameters: list[nn.Parameter], require: bool) -> None:
    for parameter in parameters:
        parameter.requires_grad_(require)
