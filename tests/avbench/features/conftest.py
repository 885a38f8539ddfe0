"""Weights that several files of feature tests share."""

from pathlib import Path

import pytest
import torch
from rule_weights import i3d_checkpoint
from torch import Tensor


@pytest.fixture(scope="session")
def i3d_weights() -> dict[str, Tensor]:
    """A state dict in the published format, by rule."""
    return i3d_checkpoint()


@pytest.fixture(scope="session")
def i3d_file(i3d_weights: dict[str, Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in the published format."""
    path = tmp_path_factory.mktemp("weights") / "i3d.pt"
    torch.save(i3d_weights, path)
    return path
