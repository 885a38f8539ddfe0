from dataclasses import replace
from pathlib import Path

import pytest
from rule_weights import fill
from tiny import make_movies

from avbench.clipset import ClipSet, open_clipset
from models.config import RunConfig
from models.super_resolution.model import SuperResolution
from models.super_resolution.unet import SuperResolutionUNet

# 8 -> 16 pixels, so that a picture takes milliseconds.
PRESET = SuperResolution.presets["tiny"]
NETWORK = replace(PRESET.network, size=16, low_size=8)


@pytest.fixture
def config(tmp_path: Path) -> RunConfig:
    return RunConfig(
        model="super-resolution",
        preset="tiny",
        data=tmp_path / "movies",
        spec=replace(PRESET.spec, size=16),
        network=NETWORK,
        training=PRESET.training,
        sampling=PRESET.sampling,
    )


@pytest.fixture
def clipset(config: RunConfig) -> ClipSet:
    """Two movies of 16 pixels and 1.6 s, with sound."""
    return open_clipset(make_movies(config.data, 2, size=16))


@pytest.fixture
def network() -> SuperResolutionUNet:
    """Nothing in it is zero."""
    network = SuperResolutionUNet(NETWORK)
    network.load_state_dict(fill(network.state_dict()))
    return network.eval()
