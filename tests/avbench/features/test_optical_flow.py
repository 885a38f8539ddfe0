import numpy as np
import pytest
import torch

from avbench.errors import DataError
from avbench.features.extractor import Compute, Switches
from avbench.features.optical_flow import OpticalFlow, flow_magnitude


def texture(seed=0):
    """A smooth picture (96, 96, 3) that flow can follow."""
    coarse = torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(seed))
    fine = torch.nn.functional.interpolate(coarse, size=96, mode="bicubic").clamp(0, 1)[0]
    return (fine * 255).to(torch.uint8).permute(1, 2, 0).numpy()


def drifting(*steps):
    """Frames (T, 64, 64, 3) of a picture that moves so many pixels to the left from each to the next."""
    offsets = np.cumsum([0, *steps])
    return np.stack([texture()[16:80, offset : offset + 64] for offset in offsets])


def test_the_flow_is_as_long_as_the_picture_moves():
    lengths = flow_magnitude(drifting(2, 2, 0, 1))
    assert lengths[1:].tolist() == pytest.approx([2, 2, 0, 1], abs=0.3)


def test_there_is_a_value_for_each_frame_and_the_first_is_the_seconds():
    lengths = flow_magnitude(drifting(3, 0))
    assert lengths.shape == (3,) and lengths[0] == lengths[1]


def test_a_still_picture_does_not_move():
    assert flow_magnitude(drifting(0, 0, 0)) == pytest.approx(0, abs=0.02)


def test_rows_are_those_of_the_windows_pixels():
    frames = drifting(1, 3, 0)
    video = torch.from_numpy(frames).permute(3, 0, 1, 2)[None].float() / 255
    rows = OpticalFlow().load(None, Compute(), Switches())(torch.cat([video, video]))
    np.testing.assert_array_equal(rows.numpy(), [flow_magnitude(frames)] * 2)


def test_a_single_frame_is_refused():
    with pytest.raises(DataError, match="single frame"):
        flow_magnitude(drifting())
