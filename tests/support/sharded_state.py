"""A script for two processes: a training whose network is sharded over them (FSDP) is saved whole and comes back.

`accelerate` shards on GPUs only; here a stand-in for it shards on CPUs, in the same way.
"""

import sys
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from models.checkpoint import Checkpoint
from models.config import TrainingConfig
from models.training.state import TrainingState

_CONFIG = TrainingConfig(steps=1, batch_size=4, learning_rate=1e-2, ema_decay=0.5)


class Optimizer:
    """As accelerate wraps one."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.optimizer = optimizer
        self.step, self.zero_grad = optimizer.step, optimizer.zero_grad

    @property
    def param_groups(self) -> Any:
        return self.optimizer.param_groups


class Sharding:
    """What `TrainingState` asks of an accelerator."""

    scaler = None
    optimizer_step_was_skipped = False

    def prepare(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[nn.Module, Optimizer]:
        fully_shard(network, mesh=init_device_mesh("cpu", (2,)))
        settings = {name: optimizer.defaults[name] for name in ("lr", "betas", "weight_decay")}
        return network, Optimizer(torch.optim.AdamW(network.parameters(), **settings))

    def clip_grad_norm_(self, parameters: Any, most: float) -> Tensor:
        return torch.nn.utils.clip_grad_norm_(list(parameters), most)

    def backward(self, loss: Tensor) -> None:
        loss.backward()


class Alone(Sharding):
    def prepare(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[nn.Module, Optimizer]:
        return network, Optimizer(optimizer)


def fresh(accelerator: Any) -> TrainingState:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
    optimizer = torch.optim.AdamW(network.parameters(), lr=_CONFIG.learning_rate, betas=(0.9, 0.999), weight_decay=0.0)
    return TrainingState(network, {"network": optimizer}, _CONFIG, accelerator)


def train(state: TrainingState, steps: range, part: slice) -> list[float]:
    """Gradient norms of some steps on `part` of their batches."""
    norms = []
    for step in steps:
        batch = torch.randn(4, 6, generator=torch.Generator().manual_seed(step))
        state.backward(state.network(batch[part]).square().mean())
        norms.append(state.gradient_norm("network"))
        state.update("network", _CONFIG.learning_rate)
        state.ema.update()
    return norms


def main(file: str) -> None:
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    own = slice(2 * rank, 2 * rank + 2)
    sharded = fresh(Sharding())
    norms = train(sharded, range(3), own)
    saved = sharded.gather()
    if rank == 0:
        torch.save(saved, file)
    dist.barrier()
    resumed = fresh(Sharding())
    resumed.restore(Checkpoint(model="x", step=3, **torch.load(file, weights_only=True)))
    assert train(resumed, range(3, 5), own) == train(sharded, range(3, 5), own)
    assert resumed.ema.distance() == sharded.ema.distance()

    whole, ours = resumed.gather(), sharded.gather()
    if rank == 0:
        alone = fresh(Alone())
        torch.testing.assert_close(train(alone, range(5), slice(None))[:3], norms)
        torch.testing.assert_close(ours["network"], dict(alone.network.state_dict()))
        for kind in ("network", "ema"):
            assert all(torch.equal(whole[kind][name], ours[kind][name]) for name in ours[kind])
        print("equal")
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1])
