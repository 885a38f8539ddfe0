"""The work of `prepare` on many machines, by Ray."""

import os
import socket
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import torch

from avbench.errors import MachineError, MissingError
from pipelines.engine import Call, Engine, WorkerDiedError

T = TypeVar("T")
R = TypeVar("R")


class RayEngine(Engine):
    """Ray's processes, on the machines of a cluster, all of which see the folders of the work under the same names.

    Ray calls again what a dead process or machine had begun.

    Args:
        address: of the cluster, for example "auto"; "" starts one on this machine.
    """

    def __init__(self, address: str = "") -> None:
        self._address = address

    def __enter__(self) -> Self:
        try:
            import ray
        except ImportError as error:
            raise MissingError("Ray is not installed: pip install 'avbench[ray]'") from error
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        _check_address(self._address)
        try:
            ray.init(address=self._address or "local", log_to_driver=False, configure_logging=False)
        except ConnectionError as error:
            raise MachineError(
                f'--address "{self._address}": there is no Ray cluster; `ray start` makes one'
            ) from error
        self._ray = ray
        self._remote: Any = ray.remote(_call)
        self.workers = int(ray.cluster_resources().get("CPU", 1))
        return self

    def __exit__(self, *error: object) -> None:
        self._ray.shutdown()

    def submit(self, work: Callable[[T], R], item: T, *, idle: bool = False) -> Future[R]:
        call = Call(work, item, Future())
        remote = self._remote.options(num_cpus=0 if idle else 1, max_retries=2, scheduling_strategy="SPREAD")
        remote.remote(work, item).future().add_done_callback(partial(self._settle, call))
        return call.future

    def check_folder(self, folder: Path) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        for node in self._ray.nodes():
            if not node["Alive"]:
                continue
            strategy = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            task = self._remote.options(num_cpus=0, scheduling_strategy=strategy).remote(os.path.isdir, str(folder))
            if not self._ray.get(task):
                raise MachineError(
                    f"{folder}: the machine {node['NodeManagerAddress']} of the Ray cluster does not have this folder; "
                    "it must be on a file system that all machines share"
                )

    def _settle(self, call: Call, done: "Future[Any]") -> None:
        error = done.exception()
        if isinstance(error, self._ray.exceptions.RayTaskError):
            call.future.set_exception(error.cause)
        elif isinstance(error, self._ray.exceptions.RayError):
            call.future.set_exception(WorkerDiedError(f"the process that worked on it died ({type(error).__name__})"))
        else:
            call.finish(done)


def _call(work: Callable[[T], R], item: T) -> R:
    torch.set_num_threads(1)  # as in local processes, so that results are the same
    return work(item)


def _check_address(address: str) -> None:
    """Ray itself tries for very long before it says that nobody is there."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdecimal():
        return
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except OSError as error:
        raise MachineError(f"--address {address}: there is no Ray cluster ({error}); `ray start` makes one") from error
