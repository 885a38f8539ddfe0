import json
from pathlib import Path

import numpy as np
import pytest
import torch
from rule_weights import fill, golden_input
from torch import Tensor

from avbench.errors import DataError
from avbench.features.extractor import Compute, Switches
from avbench.features.transnetv2 import TransNetV2, TransNetV2Extractor, describe, shrink


@pytest.fixture
def published(golden: Path) -> dict[str, Tensor]:
    """The package's state dict, by rule."""
    shapes = json.loads((golden / "features" / "transnetv2_keys.json").read_text())
    return fill(
        {
            key: torch.zeros(shape, dtype=torch.int64 if key.endswith("num_batches_tracked") else torch.float32)
            for key, shape in shapes.items()
        }
    )


@pytest.fixture
def network(published: dict[str, Tensor]) -> TransNetV2:
    return TransNetV2.from_published(published)


@pytest.fixture
def checkpoint(published: dict[str, Tensor], tmp_path: Path) -> Path:
    path = tmp_path / "transnetv2.pth"
    torch.save(published, path)
    return path


def test_gives_the_packages_activations(network: TransNetV2, golden: Path):
    blocks = torch.cat([golden_input(f"transnetv2/a/{i}", (1, 6, 3, 4, 6)) for i in range(2)])
    pixels = blocks.repeat_interleave(8, -1).repeat_interleave(8, -2)[..., :27, :48]
    stacks = network((127.5 + 50 * pixels).clamp(0, 255).round().transpose(1, 2) / 255)
    with np.load(golden / "features" / "transnetv2.npz") as expected:
        for number, activations in enumerate(stacks):
            wanted = expected[f"transnetv2/a/stack{number}_sub"]
            np.testing.assert_allclose(activations[:, ::8, :, ::2, ::3], wanted, atol=1e-5 * wanted.std())


def test_describes_each_channel_by_its_mean_and_its_change():
    step = torch.zeros(1, 2, 3, 1, 2)
    step[0, 0] = 5.0  # constant
    step[0, 1, 1:, 0, 0] = 4.0  # one of two places jumps once in two steps of time
    torch.testing.assert_close(describe([step]), torch.tensor([[5.0, 4 * 2 / 6, 0.0, 4 / 4]]))


def test_a_still_picture_changes_least_in_the_middle_of_its_window(network: TransNetV2):
    still = golden_input("still", (1, 3, 1, 27, 48)).sigmoid().expand(-1, -1, 40, -1, -1)
    changes = [stack.diff(dim=2).abs().amax(dim=(1, 3, 4))[0] for stack in network(still)]
    # Two blocks see eight frames each way: what is further from the window's ends than 16 sees the picture alone.
    assert changes[0][16:-16].max() < 1e-5 < changes[0].max()


def test_shrinks_to_the_networks_grid_and_keeps_the_mean_of_a_picture():
    video = torch.full((2, 3, 4, 64, 64), 0.25)
    torch.testing.assert_close(shrink(video), torch.full((2, 3, 4, 27, 48), 0.25))


def test_shrinking_averages_instead_of_skipping_lines():
    stripes = (torch.arange(540) % 2).float()[:, None].expand(1, 3, 2, 540, 540)
    torch.testing.assert_close(shrink(stripes), torch.full((1, 3, 2, 27, 48), 0.5), atol=0.02, rtol=0)


def test_the_extractor_describes_the_shrunken_window(checkpoint: Path, network: TransNetV2):
    video = golden_input("video", (2, 3, 5, 64, 64)).sigmoid()
    rows = TransNetV2Extractor().load(checkpoint, Compute(), Switches())(video)
    assert rows.shape == (2, TransNetV2Extractor.dimensions)
    torch.testing.assert_close(rows, describe(network(shrink(video))))


def test_the_extractor_refuses_a_single_frame(checkpoint: Path):
    forward = TransNetV2Extractor().load(checkpoint, Compute(), Switches())
    with pytest.raises(DataError, match="a single frame"):
        forward(torch.zeros(1, 3, 1, 64, 64))


def test_bfloat16_is_close_but_not_the_same(checkpoint: Path):
    video = golden_input("video", (1, 3, 5, 64, 64)).sigmoid()
    exact, rounded = (
        TransNetV2Extractor().load(checkpoint, Compute(bfloat16=half), Switches())(video) for half in (False, True)
    )
    assert 0 < (exact - rounded).abs().max() < 0.02 * exact.abs().max()


def test_refuses_the_checkpoint_of_another_network(tmp_path: Path):
    path = tmp_path / "other.pth"
    torch.save({"fc.weight": torch.zeros(3)}, path)
    with pytest.raises(DataError, match="other.pth.*another network"):
        TransNetV2Extractor().load(path, Compute(), Switches())
