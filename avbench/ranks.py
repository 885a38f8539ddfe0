"""The processes of one command: one on its own, or several that `torchrun` or `accelerate launch` started."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import torch

T = TypeVar("T")


class Ranks:
    """Who this process is, and the two ways to talk. The first process decides, the others compute.

    Uses `accelerate` where there are several processes; a single one does not even import it.
    """

    def __init__(self) -> None:
        self.index, self.count = 0, 1
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            import torch
            from accelerate import PartialState

            state = PartialState(cpu=not torch.cuda.is_available())
            self.index, self.count = state.process_index, state.num_processes

    @property
    def first(self) -> bool:
        """Whether this process reads the caches, computes the metrics, writes and prints."""
        return self.index == 0

    def device(self, chosen: str) -> "torch.device":
        """This process's device: "auto", "cpu", "cuda" (its own one of several) or "cuda:N"."""
        import torch

        kind = chosen if chosen != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
        return torch.device(kind, self.index % torch.cuda.device_count()) if kind == "cuda" else torch.device(kind)

    def from_first(self, value: T) -> T:
        """The first process's `value`, in every process."""
        if self.count == 1:
            return value
        from accelerate.utils import broadcast_object_list

        box = [value]
        broadcast_object_list(box, from_process=0)
        return box[0]

    def from_all(self, values: Iterable[T]) -> list[T]:
        """The values of all processes, those of the first one first."""
        if self.count == 1:
            return list(values)
        from accelerate.utils import gather_object

        gathered: list[T] = gather_object(list(values))
        return gathered
