import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as published

from avbench.media.resize import fit, resize


@pytest.fixture
def frames():
    """Two smooth pictures with some grain, in [0, 255]."""
    torch.manual_seed(0)
    coarse = torch.rand(2, 3, 12, 16)
    smooth = torch.nn.functional.interpolate(coarse, size=(144, 192), mode="bilinear")
    return (smooth * 200 + torch.rand(2, 3, 144, 192) * 55).contiguous()


@pytest.mark.parametrize("antialias", [True, False])
def test_is_torchvisions_bicubic(antialias, frames):
    expected = published.resize(frames, [48, 64], InterpolationMode.BICUBIC, antialias=antialias)
    assert torch.allclose(resize(frames, 48, 64, antialias=antialias), expected, atol=1e-3)


def test_antialias_keeps_fine_stripes_from_turning_into_coarse_ones():
    stripes = torch.zeros(1, 1, 8, 240)
    stripes[..., ::2] = 1
    assert resize(stripes, 8, 56, antialias=True).std() < 0.02
    assert resize(stripes, 8, 56, antialias=False).std() > 0.2


def test_the_same_size_is_left_alone(frames):
    assert resize(frames, 144, 192, antialias=True) is frames


@pytest.mark.parametrize("antialias", [True, False])
def test_a_plain_picture_keeps_its_level(antialias):
    assert torch.allclose(resize(torch.full((1, 3, 90, 160), 0.3), 36, 64, antialias=antialias), torch.tensor(0.3))


@pytest.mark.parametrize(
    ("height", "width", "top", "bottom", "left", "right"),
    [
        (360, 480, 8, 8, 0, 0),  # 48 lines
        (240, 426, 14, 14, 0, 0),  # 36 lines
        (100, 170, 13, 14, 0, 0),  # 37 lines: the odd one below
        (720, 576, 0, 0, 6, 7),  # 51 columns: the odd one on the right
        (64, 64, 0, 0, 0, 0),
    ],
)
def test_a_letterbox_keeps_the_aspect_between_black_bars(height, width, top, bottom, left, right):
    boxed = fit(torch.ones(1, 3, height, width), 64, how="letterbox", antialias=False)
    expected = torch.zeros(1, 3, 64, 64)
    expected[:, :, top : 64 - bottom, left : 64 - right] = 1
    assert torch.allclose(boxed, expected, atol=1e-5)


def test_a_letterbox_is_the_published_one(frames):
    height, width = frames.shape[-2:]
    ratio = min(64 / height, 64 / width)
    small = torch.nn.functional.interpolate(frames, size=(int(height * ratio), int(width * ratio)), mode="bicubic")
    expected = torch.zeros(2, 3, 64, 64)
    expected[:, :, 8:56] = small
    assert torch.equal(fit(frames, 64, how="letterbox", antialias=False), expected)


@pytest.mark.parametrize(("height", "width"), [(90, 160), (160, 90), (64, 64), (33, 101)])
def test_a_crop_fills_the_square_from_the_middle(height, width):
    ramp = torch.linspace(-1, 1, width).expand(1, 1, height, width)
    cropped = fit(ramp, 32, how="crop", antialias=True)
    assert cropped.shape == (1, 1, 32, 32)
    assert cropped.mean().abs() < 1.5 / 32
    reach = min(1, height / width)
    assert cropped[0, 0, 16, -1] == pytest.approx(reach, abs=2 / 32)


def test_a_letterbox_is_near_pillows_antialiased_bicubic(frames):
    picture = frames[0].byte()
    pillow = np.asarray(Image.fromarray(picture.permute(1, 2, 0).numpy()).resize((64, 48), Image.Resampling.BICUBIC))
    ours = fit(picture[None].float(), 64, how="letterbox", antialias=True)[0, :, 8:56].permute(1, 2, 0).numpy()
    assert np.abs(ours.clip(0, 255) - pillow).mean() < 1
