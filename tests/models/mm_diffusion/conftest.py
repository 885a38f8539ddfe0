"""Networks whose residual branches are not silent."""

from collections.abc import Callable
from typing import TypeVar

import pytest
import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


@pytest.fixture
def awake() -> Callable[[Network], Network]:
    """Gives a fresh network random weights also where it starts with zeros, and evaluation mode."""

    def awaken(network: Network) -> Network:
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for parameter in network.parameters():
                fan_in = parameter[0].numel() if parameter.ndim > 1 else 100
                noise = torch.randn(parameter.shape, generator=generator) / fan_in**0.5
                parameter.copy_(noise + (parameter.ndim == 1))
        return network.eval()

    return awaken
