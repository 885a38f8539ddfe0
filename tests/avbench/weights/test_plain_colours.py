"""The distance of black and white videos under I3D."""

from pathlib import Path

import numpy as np
import pytest
import torch
from rule_weights import i3d_checkpoint

from avbench.errors import DataError
from avbench.weights.plain_colours import looks_true, plain_colour_distance


@pytest.mark.parametrize(
    ("distance", "true"), [(130.9, False), (131, True), (132.7, True), (134, True), (134.1, False)]
)
def test_only_the_range_of_public_implementations_looks_true(distance: float, true: bool) -> None:
    assert looks_true(distance) is true


@pytest.mark.slow
def test_is_the_squared_distance_of_the_two_colours_logits(tmp_path: Path) -> None:
    from avbench.features.i3d import I3D

    torch.save(i3d_checkpoint(), tmp_path / "i3d.pt")
    with torch.inference_mode():
        plain = [torch.full((1, 3, 15, 224, 224), level) for level in (-1.0, 1.0)]
        black, white = (I3D.from_published(i3d_checkpoint()).eval()(video).double().numpy() for video in plain)
    assert plain_colour_distance(tmp_path / "i3d.pt") == pytest.approx(np.sum((black - white) ** 2), rel=1e-3)


def test_another_file_is_refused(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, tmp_path / "other.pt")
    with pytest.raises(DataError, match="other.pt"):
        plain_colour_distance(tmp_path / "other.pt")
