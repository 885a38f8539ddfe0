"""Full float32: features must not depend on what the machine or the caller allows in the name of speed."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def full_precision(device: torch.device) -> Iterator[None]:
    """Runs the body without gradients, autocast or TensorFloat-32, and with deterministic algorithms of cuDNN."""
    with (
        torch.inference_mode(),
        torch.autocast(device.type, enabled=False),
        torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False),
    ):
        yield
